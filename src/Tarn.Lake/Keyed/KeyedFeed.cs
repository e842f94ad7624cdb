using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Writes the files of changed rows of a keyed table that keeps its changes.</summary>
internal sealed class KeyedFeed<T>(LakeTable table, WriteLayout files, KeyedLayout<T> layout, TableSchema schema, bool isHistory)
{
    /// <summary>Writes what a change did to rows: a row that goes and one that comes in its place are one row before and after an update.</summary>
    /// <param name="change">The change.</param>
    /// <param name="value">A column's value of a row.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public async Task<List<CdcFile>> WriteAsync(KeyedChange<T> change, Func<KeyedRow<T>, int, object?> value, CancellationToken cancellationToken)
    {
        var columns = new TableSchema([.. files.FileColumns(schema.Columns.Select(static c => c.Name)).Columns, new Column(ChangeData.TypeColumn, ColumnType.String)]);
        var written = new List<CdcFile>();
        foreach (var part in Changes(change).GroupBy(r => layout.PartitionOf(r.Row.Row)))
        {
            IReadOnlyDictionary<string, string?> values = layout.Partition is null
                ? EmptyMap.NullableStrings
                : new Dictionary<string, string?>(StringComparer.Ordinal) { [files.PartitionNames[0]] = part.Key };
            foreach (var rows in part.Chunk(SmallParquet.MostRows))
            {
                var add = await table.Writer.WriteSmallAsync(
                    files,
                    values,
                    columns,
                    rows.Length,
                    (column, row) => column == schema.Columns.Count ? rows[row].Type : value(rows[row].Row, column),
                    cancellationToken,
                    "_change_data/").ConfigureAwait(false);
                written.Add(new CdcFile(add.Path, add.PartitionValues, add.Size));
            }
        }

        return written;
    }

    private IEnumerable<(KeyedRow<T> Row, string Type)> Changes(KeyedChange<T> change)
    {
        var comes = change.Added.GroupBy(static r => r.Key, StringComparer.Ordinal).ToDictionary(static g => g.Key, static g => g.ToList(), StringComparer.Ordinal);
        foreach (var gone in change.Removed)
        {
            // A version of a history stays itself when its interval changes; a current row of a key is followed by any other.
            var after = comes.GetValueOrDefault(gone.Row.Key) ?? [];
            var at = isHistory ? after.FindIndex(r => layout.Order.Compare(r.Row, gone.Row.Row) == 0) : after.Count - 1;
            if (at < 0)
            {
                yield return (gone.Row, "delete");
                continue;
            }

            yield return (gone.Row, "update_preimage");
            yield return (after[at], "update_postimage");
            after.RemoveAt(at);
        }

        foreach (var row in comes.Values.SelectMany(static r => r))
        {
            yield return (row, "insert");
        }
    }
}
