using Tarn.Core;

namespace Tarn.Lake;

/// <summary>What a query reads, and what the views that it names read: one version of each table that is named without one, and whatever else FROM may have.</summary>
internal sealed class QueryRelations
{
    private readonly Dictionary<string, TableSnapshot> _tables = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LakeView> _views = new(StringComparer.Ordinal);
    private readonly Dictionary<string, QueriedRelation> _asked = new(StringComparer.Ordinal);
    private readonly List<TableSnapshot> _tableOrder = [];
    private readonly List<LakeView> _viewOrder = [];
    private readonly List<QueriedRelation> _others = [];

    public IReadOnlyList<TableSnapshot> Tables => _tableOrder;

    /// <summary>The views, each after those that it reads.</summary>
    public IReadOnlyList<LakeView> Views => _viewOrder;

    /// <summary>Tables at versions of their own, tables elsewhere, histories, changes.</summary>
    public IReadOnlyList<QueriedRelation> Others => _others;

    public IReadOnlyDictionary<string, long> Versions => _tableOrder.ToDictionary(static t => t.Table, static t => t.Version);

    public bool Has(string name) => _tables.ContainsKey(name) || _views.ContainsKey(name);

    public TableSnapshot? Table(string name) => _tables.GetValueOrDefault(name);

    /// <summary>What is asked of a table at all of its places together; everything where nobody noted it.</summary>
    public QueriedRelation Asked(string name) => _asked.GetValueOrDefault(name) ?? QueriedRelation.All(TableName.Parse(name));

    /// <summary>Notes what is asked of a table, or of a view, at one more place.</summary>
    public void Ask(string name, QueriedRelation relation) => _asked[name] = _asked.TryGetValue(name, out var before) ? before.Or(relation) : relation;

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

    public void Add(QueriedRelation other) => _others.Add(other);
}
