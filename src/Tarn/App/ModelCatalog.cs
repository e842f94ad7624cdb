using Tarn.Core;
using Tarn.Lake;

namespace Tarn;

/// <summary>The program's SQL models, once they are checked.</summary>
internal sealed class ModelCatalog
{
    private IReadOnlyList<ModelFolder> _folders = [];
    private ModelRunner? _runner;

    /// <summary>Runs them.</summary>
    /// <exception cref="TarnException">They are not checked yet.</exception>
    public ModelRunner Runner => _runner ?? throw new TarnException(
        ErrorKind.Unavailable, "SQL models can be run once the data directory is open.", null, "Use the runner inside a task, a route or a service.");

    public SqlModelSet Models => _runner?.Models ?? SqlModelSet.Empty;

    /// <exception cref="TarnException">Something is wrong with them: all of it, each with file and line.</exception>
    public async Task OpenAsync(IReadOnlyList<ModelFolder> folders, Lake.Lake lake, CancellationToken cancellation)
    {
        var models = folders.Count == 0 ? SqlModelSet.Empty : await SqlModelSet.LoadAsync(lake, folders.Select(static f => f.Path).Distinct(), cancellation).ConfigureAwait(false);
        foreach (var folder in folders)
        {
            folder.Open(models);
        }

        _folders = folders;
        _runner = new ModelRunner(lake, models);
    }

    /// <summary>The model that makes a table or view, as the API says it; null where none does.</summary>
    public ModelView? ViewOf(string table)
    {
        if (Models.Find(table) is not { } model || _folders.FirstOrDefault(f => f.Holds(model)) is not { } folder)
        {
            return null;
        }

        return new ModelView(
            Path.GetRelativePath(folder.Path, model.File),
            ModelNames.Of(model.Materialization),
            folder.Pipeline,
            model.Watermark,
            model.Lookback,
            [.. model.Tests.Select(static t => new ModelTestView(t.ToString(), t.Severity == TestSeverity.Warn ? "warn" : "error"))],
            model.Sql);
    }
}
