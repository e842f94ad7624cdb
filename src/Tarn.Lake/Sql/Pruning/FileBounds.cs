using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Tarn.Lake;

/// <summary>
/// What the files of a version say of their columns' values (protocol, "Per-file Statistics"; partition values), as texts by the files' positions. A column is
/// read when it is asked for first.
/// </summary>
internal sealed class FileBounds
{
    private static readonly ConditionalWeakTable<LogState, FileBounds> Known = new();

    private readonly DataFile[] _files;
    private readonly HashSet<string> _partitions;
    private readonly Dictionary<string, ColumnBounds> _columns = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    private FileBounds(LogState state)
    {
        _files = state.OrderedFiles;
        _partitions = [.. state.PartitionFields.Select(static f => f.PhysicalName)];
    }

    /// <summary>Those of a version; kept as long as the version is.</summary>
    public static FileBounds Of(LogState state) => Known.GetValue(state, static s => new FileBounds(s));

    /// <summary>The bounds of columns, by their physical names.</summary>
    public IReadOnlyList<ColumnBounds> Columns(IReadOnlyList<string> names)
    {
        lock (_gate)
        {
            var missing = new List<ColumnBounds>();
            foreach (var name in names)
            {
                if (!_columns.ContainsKey(name))
                {
                    var bounds = _columns[name] = new ColumnBounds(name, _files.Length, _partitions.Contains(name));
                    if (bounds.IsPartition)
                    {
                        ReadPartition(bounds);
                    }
                    else
                    {
                        missing.Add(bounds);
                    }
                }
            }

            if (missing.Count > 0)
            {
                ReadStatistics(missing);
            }

            return [.. names.Select(n => _columns[n])];
        }
    }

    private void ReadPartition(ColumnBounds bounds)
    {
        for (var i = 0; i < _files.Length; i++)
        {
            var value = _files[i].PartitionValues.GetValueOrDefault(bounds.Name) is { Length: > 0 } text ? text : null;
            bounds.Least[i] = bounds.Greatest[i] = value;
            bounds.Nulls[i] = value is null ? NullsKnown.All : NullsKnown.None;
        }
    }

    private void ReadStatistics(IReadOnlyList<ColumnBounds> columns)
    {
        var names = columns.Select(static c => Encoding.UTF8.GetBytes(c.Name)).ToArray();
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        for (var i = 0; i < _files.Length; i++)
        {
            if (_files[i].Stats is not { Length: > 0 } stats)
            {
                continue;
            }

            var most = Encoding.UTF8.GetMaxByteCount(stats.Length);
            if (most > buffer.Length)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = ArrayPool<byte>.Shared.Rent(most);
            }

            try
            {
                Read(new Utf8JsonReader(buffer.AsSpan(0, Encoding.UTF8.GetBytes(stats, buffer))), i, columns, names);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
            {
                // Statistics only speed reads up: a file whose own cannot be read is read itself.
                foreach (var column in columns)
                {
                    (column.Least[i], column.Greatest[i], column.Nulls[i]) = (null, null, NullsKnown.Unknown);
                }
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private void Read(Utf8JsonReader json, int file, IReadOnlyList<ColumnBounds> columns, byte[][] names)
    {
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var kind = json.ValueTextEquals("minValues"u8) ? 1 : json.ValueTextEquals("maxValues"u8) ? 2 : json.ValueTextEquals("nullCount"u8) ? 3 : 0;
            json.Read();
            if (kind == 0 || json.TokenType != JsonTokenType.StartObject)
            {
                json.Skip();
                continue;
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var column = Find(ref json, names);
                json.Read();
                if (column < 0 || json.TokenType is JsonTokenType.Null or JsonTokenType.StartObject or JsonTokenType.StartArray)
                {
                    json.Skip();
                }
                else if (kind == 3)
                {
                    var nulls = json.GetInt64();
                    columns[column].Nulls[file] = nulls == 0 ? NullsKnown.None : nulls == _files[file].PhysicalRows ? NullsKnown.All : NullsKnown.Unknown;
                }
                else
                {
                    (kind == 1 ? columns[column].Least : columns[column].Greatest)[file] =
                        json.TokenType == JsonTokenType.String ? json.GetString() : Encoding.UTF8.GetString(json.ValueSpan);
                }
            }
        }
    }

    private static int Find(ref Utf8JsonReader json, byte[][] names)
    {
        for (var i = 0; i < names.Length; i++)
        {
            if (json.ValueTextEquals(names[i]))
            {
                return i;
            }
        }

        return -1;
    }
}

/// <summary>What files say of one column.</summary>
internal sealed class ColumnBounds(string name, int files, bool isPartition)
{
    /// <summary>The column's name in files.</summary>
    public string Name => name;

    /// <summary>Whether its values are those of partitions, and so exact.</summary>
    public bool IsPartition => isPartition;

    /// <summary>What no value is less than, or null where that is not known.</summary>
    public string?[] Least { get; } = new string?[files];

    /// <summary>What no value is greater than, or null where that is not known.</summary>
    public string?[] Greatest { get; } = new string?[files];

    public NullsKnown[] Nulls { get; } = new NullsKnown[files];
}

/// <summary>What is known of a column's nulls in a file.</summary>
internal enum NullsKnown : byte
{
    /// <summary>Nothing, or that there are some.</summary>
    Unknown,

    /// <summary>There is none.</summary>
    None,

    /// <summary>There is nothing else.</summary>
    All,
}
