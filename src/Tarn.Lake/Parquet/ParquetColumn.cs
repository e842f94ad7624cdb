using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// One column of a small file, encoded: one data page, definition levels by run lengths, values plain, compressed by GZIP where that is worth it.
/// </summary>
internal sealed class ParquetColumn
{
    /// <summary>Below this length compressing costs more than it saves.</summary>
    private const int WorthCompressing = 2048;

    /// <summary>Longer texts have no bounds in the footer.</summary>
    private const int LongestBound = 64;

    private readonly ArrayBufferWriter<byte> _values = new(1024);
    private long _nulls;
    private bool _hasNaN;
    private bool _hasBounds;
    private long _minNumber;
    private long _maxNumber;
    private double _minReal;
    private double _maxReal;
    private Range _minText;
    private Range _maxText;

    private ParquetColumn(Column column)
    {
        Column = column;
        Physical = ParquetType.Physical(column.Type);
    }

    public Column Column { get; }

    public ParquetPhysical Physical { get; }

    /// <summary>The page as it stands in the file, its header included.</summary>
    public ReadOnlyMemory<byte> Page { get; private set; }

    public int UncompressedSize { get; private set; }

    public bool IsCompressed { get; private set; }

    public long NullCount => _nulls;

    /// <summary>The bounds as Parquet's statistics keep them, or null.</summary>
    public byte[]? Min => _hasBounds && !_hasNaN ? Bound(_minNumber, _minReal == 0 ? -0d : _minReal, _minText) : null;

    public byte[]? Max => _hasBounds && !_hasNaN ? Bound(_maxNumber, _maxReal == 0 ? 0d : _maxReal, _maxText) : null;

    /// <summary>The same for Delta's statistics.</summary>
    public ColumnStatistics Statistics => _hasBounds
        ? new(Show(_minNumber, _minReal, _minText), Show(_maxNumber, _maxReal, _maxText), _nulls, _hasNaN)
        : new(null, null, _nulls, _hasNaN);

    public static ParquetColumn Encode(Column column, int rows, Func<int, object?> value)
    {
        var encoded = new ParquetColumn(column);
        var levels = new ArrayBufferWriter<byte>(64);
        encoded.EncodeValues(rows, value, levels);
        encoded.Close(rows, levels.WrittenSpan);
        return encoded;
    }

    private void EncodeValues(int rows, Func<int, object?> value, ArrayBufferWriter<byte> levels)
    {
        var run = 0;
        var present = true;
        var bits = new BitRun();
        for (var i = 0; i < rows; i++)
        {
            var item = value(i);
            if (i > 0 && item is not null != present)
            {
                WriteRun(levels, run, present);
                run = 0;
            }

            present = item is not null;
            run++;
            if (item is null)
            {
                _nulls++;
                RequireNullable(i);
            }
            else if (Physical == ParquetPhysical.Boolean)
            {
                bits.Add(_values, (bool)item);
            }
            else
            {
                Add(item);
            }
        }

        WriteRun(levels, run, present);
        bits.Flush(_values);
    }

    private void RequireNullable(int row)
    {
        if (!Column.Nullable)
        {
            throw TarnException.InvalidInput($"Column {Column.Name} is never null.", $"row {row}", "Declare the property nullable, or give it a value.");
        }
    }

    private void Add(object item)
    {
        switch (item)
        {
            case sbyte n: AddInt32(n); break;
            case short n: AddInt32(n); break;
            case int n: AddInt32(n); break;
            case long n: AddInt64(n); break;
            case float n: AddFloat(n); break;
            case double n: AddDouble(n); break;
            case decimal n: AddDecimal(n); break;
            case DateOnly day: AddInt32(day.DayNumber - DuckDbTimes.EpochDay); break;
            case DateTimeOffset instant: AddInt64(DuckDbTimes.ToMicroseconds(instant)); break;
            case DateTime local: AddInt64(DuckDbTimes.ToMicroseconds(local)); break;
            case string text: AddText(text); break;
            case Guid id: AddText(id.ToString()); break;
            case Enum name: AddText(SnakeCase.From(name.ToString())); break;
            case byte[] bytes: AddBytes(bytes); break;
            default: throw new ArgumentOutOfRangeException(nameof(item), item.GetType().Name, "Not a type of a row's column.");
        }
    }

    private void AddInt32(int number)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_values.GetSpan(4), number);
        _values.Advance(4);
        Widen(number);
    }

    private void AddInt64(long number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_values.GetSpan(8), number);
        _values.Advance(8);
        Widen(number);
    }

    private void AddFloat(float number)
    {
        BinaryPrimitives.WriteSingleLittleEndian(_values.GetSpan(4), number);
        _values.Advance(4);
        Widen(number);
    }

    private void AddDouble(double number)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(_values.GetSpan(8), number);
        _values.Advance(8);
        Widen(number);
    }

    private void AddDecimal(decimal number)
    {
        var (precision, scale) = (DecimalType)Column.Type;
        var unscaled = DuckDbDecimals.Unscaled(number, precision, scale);
        switch (Physical)
        {
            case ParquetPhysical.Int32:
                AddInt32((int)unscaled);
                break;
            case ParquetPhysical.Int64:
                AddInt64((long)unscaled);
                break;
            default:
                // Without bounds: readers do not agree on the order of their bytes.
                BinaryPrimitives.WriteInt128BigEndian(_values.GetSpan(ParquetType.LargeDecimal), unscaled);
                _values.Advance(ParquetType.LargeDecimal);
                break;
        }
    }

    private void AddText(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var span = _values.GetSpan(4 + length);
        BinaryPrimitives.WriteInt32LittleEndian(span, length);
        Encoding.UTF8.GetBytes(text, span[4..]);
        _values.Advance(4 + length);
        var all = _values.WrittenSpan;
        var place = (all.Length - length)..all.Length;
        if (!_hasBounds)
        {
            (_minText, _maxText, _hasBounds) = (place, place, true);
            return;
        }

        _minText = all[place].SequenceCompareTo(all[_minText]) < 0 ? place : _minText;
        _maxText = all[place].SequenceCompareTo(all[_maxText]) > 0 ? place : _maxText;
    }

    private void Widen(long number)
    {
        (_minNumber, _maxNumber) = _hasBounds ? (Math.Min(_minNumber, number), Math.Max(_maxNumber, number)) : (number, number);
        _hasBounds = true;
    }

    private void Widen(double number)
    {
        if (double.IsNaN(number))
        {
            _hasNaN = true;
            return;
        }

        (_minReal, _maxReal) = _hasBounds ? (Math.Min(_minReal, number), Math.Max(_maxReal, number)) : (number, number);
        _hasBounds = true;
    }

    /// <summary>A bound as Parquet keeps it. Those of zero carry both signs (Parquet, "ColumnOrder"), for -0.0 and +0.0 are equal; long texts have none.</summary>
    private byte[]? Bound(long number, double real, Range text)
    {
        var bytes = new byte[8];
        switch (Physical)
        {
            case ParquetPhysical.Int32:
                BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)number);
                return bytes[..4];
            case ParquetPhysical.Int64:
                BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
                return bytes;
            case ParquetPhysical.Float:
                BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)real);
                return bytes[..4];
            case ParquetPhysical.Double:
                BinaryPrimitives.WriteDoubleLittleEndian(bytes, real);
                return bytes;
            case ParquetPhysical.ByteArray:
                var value = _values.WrittenSpan[text];
                return value.Length <= LongestBound ? value.ToArray() : null;
            default:
                return null;
        }
    }

    /// <summary>A bound as text, as DuckDB shows it.</summary>
    private string Show(long number, double real, Range text) => Column.Type switch
    {
        DecimalType(_, var scale) => new decimal((int)Math.Abs(number), (int)(Math.Abs(number) >> 32), 0, number < 0, (byte)scale).ToString(CultureInfo.InvariantCulture),
        PrimitiveType { Name: "date" } => DuckDbTimes.ToDate((int)number).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        PrimitiveType { Name: "timestamp" or "timestamp_ntz" } => DuckDbTimes.ToDateTime(number).ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        PrimitiveType { Name: "float" } => ((float)real).ToString(CultureInfo.InvariantCulture),
        PrimitiveType { Name: "double" } => real.ToString(CultureInfo.InvariantCulture),
        PrimitiveType { Name: "string" } => Encoding.UTF8.GetString(_values.WrittenSpan[text]),
        _ => number.ToString(CultureInfo.InvariantCulture),
    };

    private void AddBytes(byte[] bytes)
    {
        var span = _values.GetSpan(4 + bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(span, bytes.Length);
        bytes.CopyTo(span[4..]);
        _values.Advance(4 + bytes.Length);
    }

    private void Close(int rows, ReadOnlySpan<byte> levels)
    {
        var content = new byte[4 + levels.Length + _values.WrittenCount];
        BinaryPrimitives.WriteInt32LittleEndian(content, levels.Length);
        levels.CopyTo(content.AsSpan(4));
        _values.WrittenSpan.CopyTo(content.AsSpan(4 + levels.Length));
        var stored = content.AsSpan();
        if (content.Length >= WorthCompressing)
        {
            var compressed = Compress(content);
            IsCompressed = compressed.Length < content.Length;
            stored = IsCompressed ? compressed : stored;
        }

        var page = new ArrayBufferWriter<byte>(stored.Length + 64);
        var thrift = new ThriftWriter(page);
        thrift.BeginStruct();
        thrift.Field(1, 0);
        thrift.Field(2, content.Length);
        thrift.Field(3, stored.Length);
        thrift.BeginStruct(5);
        thrift.Field(1, rows);
        thrift.Field(2, 0);
        thrift.Field(3, 3);
        thrift.Field(4, 3);
        thrift.EndStruct();
        thrift.EndStruct();
        UncompressedSize = page.WrittenCount + content.Length;
        page.Write(stored);
        Page = page.WrittenMemory;
    }

    private static Span<byte> Compress(byte[] content)
    {
        var buffer = new MemoryStream(content.Length);
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return buffer.GetBuffer().AsSpan(0, (int)buffer.Length);
    }

    /// <summary>A run of equal definition levels (Parquet, "Run Length Encoding / Bit-Packing Hybrid"), one bit wide.</summary>
    private static void WriteRun(ArrayBufferWriter<byte> levels, int length, bool present)
    {
        if (length == 0)
        {
            return;
        }

        var header = (uint)length << 1;
        while (header >= 0x80)
        {
            levels.Write([(byte)(header | 0x80)]);
            header >>= 7;
        }

        levels.Write([(byte)header, present ? (byte)1 : (byte)0]);
    }

    /// <summary>Booleans, eight a byte, the first in the lowest bit.</summary>
    private struct BitRun
    {
        private byte _byte;
        private int _count;

        public void Add(ArrayBufferWriter<byte> output, bool value)
        {
            _byte |= (byte)(value ? 1 << _count : 0);
            if (++_count == 8)
            {
                Flush(output);
            }
        }

        public void Flush(ArrayBufferWriter<byte> output)
        {
            if (_count > 0)
            {
                output.Write([_byte]);
                (_byte, _count) = (0, 0);
            }
        }
    }
}
