namespace Tarn.Lake;

/// <summary>The tables and views that a query reads, the views' own tables among them: one version of each table.</summary>
internal sealed class QueryRelations
{
    private readonly Dictionary<string, TableSnapshot> _tables = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LakeView> _views = new(StringComparer.Ordinal);
    private readonly List<TableSnapshot> _tableOrder = [];
    private readonly List<LakeView> _viewOrder = [];

    public IReadOnlyList<TableSnapshot> Tables => _tableOrder;

    /// <summary>The views, each after those that it reads.</summary>
    public IReadOnlyList<LakeView> Views => _viewOrder;

    public IReadOnlyDictionary<string, long> Versions => _tableOrder.ToDictionary(static t => t.Table, static t => t.Version);

    public bool Has(string name) => _tables.ContainsKey(name) || _views.ContainsKey(name);

    public TableSnapshot? Table(string name) => _tables.GetValueOrDefault(name);

    public void Add(TableSnapshot table)
    {
        if (_tables.TryAdd(table.Table, table))
        {
            _tableOrder.Add(table);
        }
    }

    public void Add(LakeView view)
    {
        if (_views.TryAdd(view.Name, view))
        {
            _viewOrder.Add(view);
        }
    }
}
