using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>
/// Writes tensors as JSON. Numbers are written as the shortest text that reads back as the same number of their type (FP16 and BF16: of FP32), those with a fraction always with a point or an
/// exponent; what is no number as <c>NaN</c>, <c>Infinity</c>, <c>-Infinity</c>.
/// </summary>
internal static class TensorJson
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A tensor as nested lists; a scalar as its element.</summary>
    public static void Nested(PooledBuffer to, TensorData tensor, bool asBytes = false) => Nested(to, tensor, 0, 0, tensor.Count, asBytes);

    /// <summary>One row of a tensor along its first dimension.</summary>
    public static void Row(PooledBuffer to, TensorData tensor, int row, bool asBytes = false)
    {
        var size = tensor.Rows == 0 ? 0 : (int)(tensor.Count / tensor.Rows);
        Nested(to, tensor, 1, row * size, size, asBytes);
    }

    /// <summary>All elements in one list.</summary>
    public static void Flat(PooledBuffer to, TensorData tensor)
    {
        to.Write((byte)'[');
        for (var i = 0; i < tensor.Count; i++)
        {
            if (i > 0)
            {
                to.Write((byte)',');
            }

            Element(to, tensor, i, asBytes: false);
        }

        to.Write((byte)']');
    }

    /// <summary>Dimensions as a list.</summary>
    public static void Shape(PooledBuffer to, ReadOnlySpan<long> shape)
    {
        to.Write((byte)'[');
        for (var i = 0; i < shape.Length; i++)
        {
            if (i > 0)
            {
                to.Write((byte)',');
            }

            Whole(to, shape[i]);
        }

        to.Write((byte)']');
    }

    public static void Whole(PooledBuffer to, long value)
    {
        _ = Utf8Formatter.TryFormat(value, to.GetSpan(20), out var written);
        to.Advance(written);
    }

    /// <summary>A text in quotes, escaped.</summary>
    public static void Text(PooledBuffer to, ReadOnlySpan<byte> utf8)
    {
        if (utf8.IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0 && utf8.IndexOfAny((byte)'"', (byte)'\\') < 0)
        {
            to.Write((byte)'"');
            to.Write(utf8);
            to.Write((byte)'"');
            return;
        }

        using var writer = new Utf8JsonWriter(to, Plain);
        writer.WriteStringValue(Encoding.UTF8.GetString(utf8));
    }

    /// <inheritdoc cref="Text(PooledBuffer, ReadOnlySpan{byte})"/>
    public static void Text(PooledBuffer to, string text)
    {
        Span<byte> small = stackalloc byte[256];
        if (Encoding.UTF8.TryGetBytes(text, small, out var written))
        {
            Text(to, small[..written]);
        }
        else
        {
            Text(to, Encoding.UTF8.GetBytes(text).AsSpan());
        }
    }

    /// <summary>An element by its place.</summary>
    public static void Element(PooledBuffer to, TensorData tensor, int index, bool asBytes)
    {
        var bytes = tensor.Bytes;
        switch (tensor.Type)
        {
            case OnnxElementType.Float:
                Number(to, BinaryPrimitives.ReadSingleLittleEndian(bytes[(index * 4)..]));
                break;
            case OnnxElementType.Double:
                Fraction(to, BinaryPrimitives.ReadDoubleLittleEndian(bytes[(index * 8)..]));
                break;
            case OnnxElementType.Float16:
                Number(to, (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(index * 2)..]));
                break;
            case OnnxElementType.BFloat16:
                Number(to, BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(index * 2)..]) << 16));
                break;
            case OnnxElementType.Bool:
                to.Write(bytes[index] != 0 ? "true"u8 : "false"u8);
                break;
            case OnnxElementType.String when asBytes:
                Base64Text(to, tensor.Texts[index]);
                break;
            case OnnxElementType.String:
                Text(to, tensor.Texts[index]);
                break;
            case OnnxElementType.UInt64:
                _ = Utf8Formatter.TryFormat(BinaryPrimitives.ReadUInt64LittleEndian(bytes[(index * 8)..]), to.GetSpan(20), out var written);
                to.Advance(written);
                break;
            default:
                Whole(to, Integer(tensor.Type, bytes, index));
                break;
        }
    }

    private static void Nested(PooledBuffer to, TensorData tensor, int depth, int first, int count, bool asBytes)
    {
        if (depth >= tensor.Shape.Length)
        {
            Element(to, tensor, first, asBytes);
            return;
        }

        var length = (int)tensor.Shape[depth];
        var size = length == 0 ? 0 : count / length;
        to.Write((byte)'[');
        for (var i = 0; i < length; i++)
        {
            if (i > 0)
            {
                to.Write((byte)',');
            }

            Nested(to, tensor, depth + 1, first + (i * size), size, asBytes);
        }

        to.Write((byte)']');
    }

    /// <summary>A number, with a point or an exponent.</summary>
    public static void Number(PooledBuffer to, float value)
    {
        if (Word(to, value))
        {
            return;
        }

        var span = to.GetSpan(32);
        _ = value.TryFormat(span, out var written, default, CultureInfo.InvariantCulture);
        Pointed(to, span, written);
    }

    private static void Fraction(PooledBuffer to, double value)
    {
        if (Word(to, value))
        {
            return;
        }

        var span = to.GetSpan(40);
        _ = value.TryFormat(span, out var written, default, CultureInfo.InvariantCulture);
        Pointed(to, span, written);
    }

    private static bool Word(PooledBuffer to, double value)
    {
        if (double.IsFinite(value))
        {
            return false;
        }

        to.Write(double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8);
        return true;
    }

    // A reader may tell whole numbers from others by the point.
    private static void Pointed(PooledBuffer to, Span<byte> span, int written)
    {
        if (span[..written].IndexOfAny((byte)'.', (byte)'E') < 0)
        {
            ".0"u8.CopyTo(span[written..]);
            written += 2;
        }

        to.Advance(written);
    }

    private static long Integer(OnnxElementType type, ReadOnlySpan<byte> bytes, int index) => type switch
    {
        OnnxElementType.Int8 => (sbyte)bytes[index],
        OnnxElementType.UInt8 => bytes[index],
        OnnxElementType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes[(index * 2)..]),
        OnnxElementType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[(index * 2)..]),
        OnnxElementType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes[(index * 4)..]),
        OnnxElementType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes[(index * 4)..]),
        _ => BinaryPrimitives.ReadInt64LittleEndian(bytes[(index * 8)..]),
    };

    private static void Base64Text(PooledBuffer to, ReadOnlySpan<byte> bytes)
    {
        to.Write("""{"b64":" """u8[..^1]);
        var span = to.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length));
        _ = Base64.EncodeToUtf8(bytes, span, out _, out var written);
        to.Advance(written);
        to.Write("\"}"u8);
    }
}
