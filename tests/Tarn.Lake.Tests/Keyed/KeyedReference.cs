namespace Tarn.Lake.Tests;

/// <summary>What a keyed table must hold, worked out straight from the set of versions: no files, no merging.</summary>
internal static class KeyedReference
{
    public sealed record Past(Event Row, DateTimeOffset ValidFrom, DateTimeOffset? ValidTo);

    public static List<Event> Current(IEnumerable<Event> versions) =>
        [.. Chains(versions).Select(static chain => chain[^1]).OrderBy(static e => e.Id, StringComparer.Ordinal)];

    public static List<Past> History(IEnumerable<Event> versions)
    {
        var all = new List<Past>();
        foreach (var chain in Chains(versions))
        {
            for (var i = 0; i < chain.Count; i++)
            {
                var later = chain.Skip(i + 1).Select(static e => e.Known).ToList();
                all.Add(new Past(chain[i], chain[i].Known, later.Count == 0 ? null : later.Min()));
            }
        }

        return all;
    }

    public static IEnumerable<List<Event>> Chains(IEnumerable<Event> versions)
    {
        var order = new VersionOrder<Event>(RowMapping<Event>.Instance, [new Core.Column("updated", Core.ColumnType.Timestamp), new Core.Column("known", Core.ColumnType.Timestamp)]);
        return versions.Distinct().GroupBy(static e => e.Id).Select(group => group.Order(order).ToList());
    }
}
