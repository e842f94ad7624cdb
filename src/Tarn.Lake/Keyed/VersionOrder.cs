using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// The total order of the versions of one key: by the newest-columns in turn (null is oldest), then, between versions that tie there and differ elsewhere, by a
/// hash of their content. It depends on nothing but the two rows, as they are stored: times to the microsecond, in UTC.
/// </summary>
internal sealed class VersionOrder<T> : IComparer<T>
{
    private readonly Func<T, object?>[] _newest;
    private readonly (string Name, Func<T, object?> Get)[] _columns;

    public VersionOrder(RowMapping<T> mapping, IEnumerable<Column> newest)
    {
        _newest = [.. newest.Select(c => mapping.Getter(c.Name)!)];
        _columns = [.. mapping.Schema.Columns.Select(c => (c.Name, mapping.Getter(c.Name)!))];
    }

    /// <summary>Negative where x is older, zero where they are the same version.</summary>
    public int Compare(T? x, T? y)
    {
        foreach (var get in _newest)
        {
            if (CompareValues(Normal(get(x!)), Normal(get(y!))) is var order and not 0)
            {
                return order;
            }
        }

        return SameContent(x!, y!) ? 0 : Hash(x!).AsSpan().SequenceCompareTo(Hash(y!));
    }

    /// <summary>A value as it reads back once stored.</summary>
    internal static object? Normal(object? value) => value switch
    {
        DateTimeOffset instant => instant.UtcTicks - (instant.UtcTicks % TimeSpan.TicksPerMicrosecond),
        DateTime local => local.Ticks - (local.Ticks % TimeSpan.TicksPerMicrosecond),
        double number => double.IsNaN(number) ? double.NaN : number,
        float number => float.IsNaN(number) ? float.NaN : number,
        string text when text.AsSpan().ContainsAnyInRange('\ud800', '\udfff') => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)),
        Enum name => SnakeCase.From(name.ToString()),
        _ => value,
    };

    private static int CompareValues(object? x, object? y) => (x, y) switch
    {
        (null, null) => 0,
        (null, _) => -1,
        (_, null) => 1,
        (string a, string b) => string.CompareOrdinal(a, b),
        (byte[] a, byte[] b) => a.AsSpan().SequenceCompareTo(b),
        (IComparable a, _) => a.CompareTo(y),
        _ => throw TarnException.InvalidInput("A column that orders versions has values that compare.", x.GetType().Name),
    };

    private bool SameContent(T x, T y)
    {
        foreach (var (_, get) in _columns)
        {
            var (a, b) = (Normal(get(x)), Normal(get(y)));
            if (!(a is byte[] bytes ? b is byte[] others && bytes.AsSpan().SequenceEqual(others) : Equals(a, b)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>SHA-256 of the columns that are not null, by name: a column added later changes nothing for older rows.</summary>
    private byte[] Hash(T row)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, get) in _columns)
        {
            if (Normal(get(row)) is { } value)
            {
                Add(hash, Encoding.UTF8.GetBytes(name));
                Add(hash, value is byte[] bytes ? bytes : Encoding.UTF8.GetBytes(Text(value)));
            }
        }

        return hash.GetHashAndReset();
    }

    private static void Add(IncrementalHash hash, byte[] bytes)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }

    private static string Text(object value) => value switch
    {
        double number => BitConverter.DoubleToInt64Bits(number).ToString("x", System.Globalization.CultureInfo.InvariantCulture),
        float number => BitConverter.SingleToInt32Bits(number).ToString("x", System.Globalization.CultureInfo.InvariantCulture),
        decimal number => number.ToString("0.##############################", System.Globalization.CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
