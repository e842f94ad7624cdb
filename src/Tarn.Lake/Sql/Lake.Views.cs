using Tarn.Core;

namespace Tarn.Lake;

public sealed partial class Lake
{
    /// <summary>The names of all views, in order.</summary>
    public async Task<IReadOnlyList<TableName>> ListViewsAsync(CancellationToken cancellationToken = default)
    {
        var names = new List<TableName>();
        foreach (var layer in await Store.ListFoldersAsync("", cancellationToken).ConfigureAwait(false))
        {
            foreach (var name in await Store.ListFoldersAsync(layer, cancellationToken).ConfigureAwait(false))
            {
                if (TableName.TryParse($"{layer}.{name}", out var view)
                    && (await Store.ListFoldersAsync($"{layer}/{name}", cancellationToken).ConfigureAwait(false)).Contains(LakeView.Folder)
                    && await Store.HeadAsync(LakeView.PathOf(view.ToString()), cancellationToken).ConfigureAwait(false) is not null)
                {
                    names.Add(view);
                }
            }
        }

        return names;
    }

    /// <summary>The view of that name, or null where there is none.</summary>
    /// <exception cref="TarnException">The name is not of the form <c>layer.name</c>, or the definition cannot be read.</exception>
    public async Task<LakeView?> FindViewAsync(string name, CancellationToken cancellationToken = default)
    {
        var path = LakeView.PathOf(TableName.Parse(name).ToString());
        return await Store.GetAsync(path, cancellationToken).ConfigureAwait(false) is { } content ? LakeView.Read(name, content) : null;
    }

    /// <summary>Removes the view of that name, if there is one. Queries and views that name it fail from then on.</summary>
    public async Task DropViewAsync(string name, CancellationToken cancellationToken = default) =>
        await Store.DeleteAsync(LakeView.PathOf(TableName.Parse(name).ToString()), cancellationToken).ConfigureAwait(false);

    /// <summary>Stores a view, in place of one that has its name.</summary>
    /// <exception cref="TarnException">A table has its name.</exception>
    internal async Task SaveViewAsync(LakeView view, CancellationToken cancellationToken)
    {
        if (await Table(view.Name).ExistsAsync(cancellationToken).ConfigureAwait(false))
        {
            throw TarnException.Conflict("A view and a table do not share a name.", view.Name, "Give the view another name.");
        }

        await Store.PutAsync(LakeView.PathOf(view.Name), view.Write(), cancellationToken).ConfigureAwait(false);
    }
}
