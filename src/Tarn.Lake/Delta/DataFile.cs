using System.Text.Json;

namespace Tarn.Lake;

/// <summary>A Parquet file that holds rows of a table's version.</summary>
public sealed class DataFile
{
    internal DataFile(AddFile action)
    {
        Action = action;
        PhysicalRows = ReadRowCount(action.StatsUtf8.Span);
        RowCount = PhysicalRows - (action.DeletionVector?.Cardinality ?? 0);
    }

    /// <summary>Its path, relative to the table's folder.</summary>
    public string Path => Action.Path;

    /// <summary>Its length in bytes.</summary>
    public long Size => Action.Size;

    /// <summary>How many rows of it the table has, deleted ones left out; null where its writer did not say.</summary>
    public long? RowCount { get; }

    /// <summary>The partition columns' values of all its rows, as Delta's text form; null is null. The truth is here, not in the file.</summary>
    public IReadOnlyDictionary<string, string?> PartitionValues => Action.PartitionValues;

    /// <summary>The statistics as a JSON object (numRecords, minValues, maxValues, nullCount), or null. Kept as UTF-8, and made anew at each call.</summary>
    public string? Stats => Action.Stats;

    internal AddFile Action { get; }

    /// <summary>How many rows the file holds, deleted ones too; null where its writer did not say.</summary>
    internal long? PhysicalRows { get; }

    /// <summary>Which of its rows are deleted, or null where none is.</summary>
    internal DeletionVectorDescriptor? DeletionVector => Action.DeletionVector;

    /// <inheritdoc cref="AddFile.Key"/>
    internal string Key => Action.Key;

    private static long? ReadRowCount(ReadOnlySpan<byte> stats)
    {
        if (stats.IsEmpty)
        {
            return null;
        }

        try
        {
            var json = new Utf8JsonReader(stats);
            json.Read();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var found = json.ValueTextEquals("numRecords"u8);
                json.Read();
                if (found)
                {
                    return json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var count) && count is >= 0 and <= AddFile.MostOfAFile ? count : null;
                }

                json.Skip();
            }

            return null;
        }
        catch (JsonException)
        {
            // Statistics are optional and only speed reads up: unreadable ones count as absent.
            return null;
        }
    }
}
