using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Tarn.Serving;

/// <summary>The bytes of a record of the journal; docs/prediction-log.md has the table.</summary>
internal static class RecordLayout
{
    /// <summary>Bytes before the texts.</summary>
    public const int FixedBytes = 120;

    /// <summary>Bytes of a payload of kind <see cref="PayloadKind.Sha256"/> as it is made here: the hash, and the length of what was hashed.</summary>
    public const int HashedBytes = SHA256.HashSizeInBytes + sizeof(long);

    /// <summary>The most bytes before the payloads.</summary>
    public const int MaxHeadBytes = FixedBytes + (6 * MaxText) + MaxError;

    public const int PositionAt = 8;
    private const int IdAt = 16;
    private const int TimeAt = 32;
    private const int LatencyAt = 40;
    private const int QueueAt = 48;
    private const int VersionAt = 56;
    private const int BatchAt = 64;
    private const int StatusAt = 68;
    private const int FlagsAt = 72;
    private const int InputsKindAt = 73;
    private const int OutputsKindAt = 74;
    private const int InputsLengthAt = 76;
    private const int OutputsLengthAt = 80;
    private const int ShadowOfAt = 88;
    private const int TextLengthsAt = 104;
    private const int MaxText = 256;
    private const int MaxError = 1024;

    /// <summary>Writes what comes before the payloads, all but length, sum and position; returns its length.</summary>
    /// <param name="entry">The prediction.</param>
    /// <param name="inputs">The inputs as they are stored.</param>
    /// <param name="outputs">The outputs as they are stored.</param>
    /// <param name="head">At least <see cref="MaxHeadBytes"/>.</param>
    public static int WriteHead(in PredictionEntry entry, StoredPayload inputs, StoredPayload outputs, Span<byte> head)
    {
        head[..FixedBytes].Clear();
        entry.Id.TryWriteBytes(head[IdAt..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(head[TimeAt..], (entry.At.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond);
        BinaryPrimitives.WriteInt64LittleEndian(head[LatencyAt..], entry.Latency.Ticks / TimeSpan.TicksPerMicrosecond);
        BinaryPrimitives.WriteInt64LittleEndian(head[QueueAt..], entry.Queue.Ticks / TimeSpan.TicksPerMicrosecond);
        BinaryPrimitives.WriteInt64LittleEndian(head[VersionAt..], entry.Version);
        BinaryPrimitives.WriteInt32LittleEndian(head[BatchAt..], entry.BatchSize);
        BinaryPrimitives.WriteInt32LittleEndian(head[StatusAt..], entry.Status);
        head[FlagsAt] = entry.IsShadow ? (byte)1 : (byte)0;
        head[InputsKindAt] = (byte)inputs.Kind;
        head[OutputsKindAt] = (byte)outputs.Kind;
        BinaryPrimitives.WriteInt32LittleEndian(head[InputsLengthAt..], inputs.Bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[OutputsLengthAt..], outputs.Bytes.Length);
        entry.ShadowOf.TryWriteBytes(head[ShadowOfAt..], bigEndian: true, out _);
        var at = FixedBytes;
        WriteText(entry.Endpoint, head, 0, ref at);
        WriteText(entry.Model, head, 1, ref at);
        WriteText(entry.Variant, head, 2, ref at);
        WriteText(entry.Protocol, head, 3, ref at);
        WriteText(entry.Caller, head, 4, ref at);
        WriteText(entry.TraceId, head, 5, ref at);
        WriteText(entry.Error, head, 6, ref at, MaxError);
        return at;
    }

    /// <summary>A record as it goes into the topic.</summary>
    public static PredictionRecord Read(ReadOnlySpan<byte> record)
    {
        var (inputsLength, outputsLength) = (BinaryPrimitives.ReadInt32LittleEndian(record[InputsLengthAt..]), BinaryPrimitives.ReadInt32LittleEndian(record[OutputsLengthAt..]));
        var outputsAt = record.Length - outputsLength;
        var inputs = new StoredPayload((PayloadKind)record[InputsKindAt], record[(outputsAt - inputsLength)..outputsAt]);
        var outputs = new StoredPayload((PayloadKind)record[OutputsKindAt], record[outputsAt..]);
        var (version, shadowOf) = (BinaryPrimitives.ReadInt64LittleEndian(record[VersionAt..]), new Guid(record.Slice(ShadowOfAt, 16), bigEndian: true));
        var at = FixedBytes;
        return new PredictionRecord
        {
            PredictionId = new Guid(record.Slice(IdAt, 16), bigEndian: true).ToString("n"),
            At = DateTimeOffset.UnixEpoch.AddMicroseconds(BinaryPrimitives.ReadInt64LittleEndian(record[TimeAt..])),
            LatencyUs = BinaryPrimitives.ReadInt64LittleEndian(record[LatencyAt..]),
            QueueUs = BinaryPrimitives.ReadInt64LittleEndian(record[QueueAt..]),
            Version = version == 0 ? null : version,
            BatchSize = BinaryPrimitives.ReadInt32LittleEndian(record[BatchAt..]),
            Status = BinaryPrimitives.ReadInt32LittleEndian(record[StatusAt..]),
            IsShadow = (record[FlagsAt] & 1) != 0,
            ShadowOf = shadowOf == Guid.Empty ? null : shadowOf.ToString("n"),
            Endpoint = ReadText(record, 0, ref at) ?? "",
            Model = ReadText(record, 1, ref at) ?? "",
            Variant = ReadText(record, 2, ref at),
            Protocol = ReadText(record, 3, ref at),
            Caller = ReadText(record, 4, ref at),
            TraceId = ReadText(record, 5, ref at),
            Error = ReadText(record, 6, ref at),
            Inputs = inputs.Kind == PayloadKind.Sha256 ? null : PayloadText.Of(inputs),
            InputsSha256 = PayloadText.HashOf(inputs),
            Outputs = PayloadText.Of(outputs),
        };
    }

    private static void WriteText(ReadOnlySpan<char> text, Span<byte> head, int number, ref int at, int most = MaxText)
    {
        if (text.Length > 0)
        {
            // What does not fit is cut before the character that would be torn.
            Utf8.FromUtf16(text, head.Slice(at, most), out _, out var written, replaceInvalidSequences: true);
            BinaryPrimitives.WriteUInt16LittleEndian(head[(TextLengthsAt + (2 * number))..], (ushort)written);
            at += written;
        }
    }

    private static string? ReadText(ReadOnlySpan<byte> record, int number, ref int at)
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(record[(TextLengthsAt + (2 * number))..]);
        var text = length == 0 ? null : Encoding.UTF8.GetString(record.Slice(at, length));
        at += length;
        return text;
    }
}

/// <summary>Inputs or outputs as they are in the journal.</summary>
internal readonly ref struct StoredPayload(PayloadKind kind, ReadOnlySpan<byte> bytes)
{
    public PayloadKind Kind { get; } = kind;

    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>The payload itself, or where it is not to be kept or too large its hash, written to <paramref name="hash"/>.</summary>
    public static StoredPayload Of(PayloadKind kind, ReadOnlySpan<byte> bytes, bool keep, int most, Span<byte> hash)
    {
        if (kind is PayloadKind.None or PayloadKind.Sha256 || (keep && bytes.Length <= most))
        {
            return kind == PayloadKind.None ? default : new StoredPayload(kind, kind == PayloadKind.Sha256 && bytes.Length > RecordLayout.HashedBytes ? bytes[..RecordLayout.HashedBytes] : bytes);
        }

        SHA256.HashData(bytes, hash);
        BinaryPrimitives.WriteInt64LittleEndian(hash[SHA256.HashSizeInBytes..], bytes.Length);
        return new StoredPayload(PayloadKind.Sha256, hash[..RecordLayout.HashedBytes]);
    }
}
