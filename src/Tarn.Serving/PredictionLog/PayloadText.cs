using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>Inputs and outputs as JSON text, made off the way of an answer.</summary>
internal static class PayloadText
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The text; null where nothing was kept.</summary>
    public static string? Of(StoredPayload payload) => payload.Kind switch
    {
        PayloadKind.Json => Encoding.UTF8.GetString(payload.Bytes),
        PayloadKind.Tensors => OfTensors(payload.Bytes),
        PayloadKind.Sha256 => Digest(HashOf(payload), payload.Bytes.Length >= RecordLayout.HashedBytes ? BinaryPrimitives.ReadInt64LittleEndian(payload.Bytes[SHA256.HashSizeInBytes..]) : null),
        _ => null,
    };

    /// <summary>What stands for a payload that is not kept.</summary>
    public static string Digest(string? sha256, long? bytes) =>
        bytes is null ? $$"""{"sha256":"{{sha256}}"}""" : string.Create(CultureInfo.InvariantCulture, $$"""{"sha256":"{{sha256}}","bytes":{{bytes}}}""");

    /// <summary>The SHA-256 of the payload's bytes in hexadecimal digits; null where there is none.</summary>
    public static string? HashOf(StoredPayload payload)
    {
        if (payload.Kind == PayloadKind.None)
        {
            return null;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (payload.Kind == PayloadKind.Sha256)
        {
            return Convert.ToHexStringLower(payload.Bytes[..Math.Min(payload.Bytes.Length, hash.Length)]);
        }

        SHA256.HashData(payload.Bytes, hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>Tensors as <c>[{"name":…,"datatype":…,"shape":[…],"data":[…]}]</c>; bytes that are no tensors, as a digest.</summary>
    private static string OfTensors(ReadOnlySpan<byte> bytes)
    {
        var buffer = new ArrayBufferWriter<byte>(256 + (4 * bytes.Length));
        using var json = new Utf8JsonWriter(buffer, Relaxed);
        json.WriteStartArray();
        for (var rest = bytes; rest.Length > 0;)
        {
            if (!TryWriteTensor(ref rest, json))
            {
                return Digest(HashOf(new StoredPayload(PayloadKind.Tensors, bytes)), bytes.Length);
            }
        }

        json.WriteEndArray();
        json.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static bool TryWriteTensor(ref ReadOnlySpan<byte> rest, Utf8JsonWriter json)
    {
        if (!TryTake(ref rest, sizeof(ushort), out var nameLength) || !TryTake(ref rest, BinaryPrimitives.ReadUInt16LittleEndian(nameLength), out var name)
            || !TryTake(ref rest, 2, out var typeAndRank) || !TensorTypes.IsServed((OnnxElementType)typeAndRank[0]) || !TryTake(ref rest, sizeof(long) * typeAndRank[1], out var shape)
            || !TryTake(ref rest, sizeof(uint), out var dataLength) || !TryTake(ref rest, BinaryPrimitives.ReadUInt32LittleEndian(dataLength), out var data))
        {
            return false;
        }

        var type = (OnnxElementType)typeAndRank[0];
        json.WriteStartObject();
        json.WriteString("name"u8, name);
        json.WriteString("datatype"u8, TensorTypes.OpenInference(type));
        json.WriteStartArray("shape"u8);
        for (; shape.Length > 0; shape = shape[sizeof(long)..])
        {
            json.WriteNumberValue(BinaryPrimitives.ReadInt64LittleEndian(shape));
        }

        json.WriteEndArray();
        json.WriteStartArray("data"u8);
        while (data.Length > 0)
        {
            if (!TryWriteElement(type, ref data, json))
            {
                return false;
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
        return true;
    }

    private static bool TryWriteElement(OnnxElementType type, ref ReadOnlySpan<byte> data, Utf8JsonWriter json)
    {
        if (type == OnnxElementType.String)
        {
            if (!TryTake(ref data, sizeof(uint), out var length) || !TryTake(ref data, BinaryPrimitives.ReadUInt32LittleEndian(length), out var text))
            {
                return false;
            }

            json.WriteStringValue(Encoding.UTF8.GetString(text));
            return true;
        }

        if (!TryTake(ref data, TensorTypes.Size(type), out var bytes))
        {
            return false;
        }

        switch (type)
        {
            case OnnxElementType.Float:
                WriteFloat(BinaryPrimitives.ReadSingleLittleEndian(bytes), json);
                break;
            case OnnxElementType.Float16:
                WriteFloat((float)BinaryPrimitives.ReadHalfLittleEndian(bytes), json);
                break;
            case OnnxElementType.BFloat16:
                WriteFloat(BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16), json);
                break;
            case OnnxElementType.Double when BinaryPrimitives.ReadDoubleLittleEndian(bytes) is var number:
                if (double.IsFinite(number))
                {
                    json.WriteNumberValue(number);
                }
                else
                {
                    json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                }

                break;
            case OnnxElementType.Bool:
                json.WriteBooleanValue(bytes[0] != 0);
                break;
            case OnnxElementType.UInt64:
                json.WriteNumberValue(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
                break;
            default:
                json.WriteNumberValue(Integer(type, bytes));
                break;
        }

        return true;
    }

    /// <summary>JSON has no number for these: they are the texts NaN, Infinity and -Infinity.</summary>
    private static void WriteFloat(float number, Utf8JsonWriter json)
    {
        if (float.IsFinite(number))
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static long Integer(OnnxElementType type, ReadOnlySpan<byte> bytes) => type switch
    {
        OnnxElementType.Int8 => (sbyte)bytes[0],
        OnnxElementType.UInt8 => bytes[0],
        OnnxElementType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        OnnxElementType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        OnnxElementType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        OnnxElementType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
    };

    private static bool TryTake(ref ReadOnlySpan<byte> bytes, long length, out ReadOnlySpan<byte> taken)
    {
        if (length > bytes.Length)
        {
            taken = default;
            return false;
        }

        taken = bytes[..(int)length];
        bytes = bytes[(int)length..];
        return true;
    }
}
