using System.Buffers.Binary;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Reads deletion vectors where their descriptors say that they are, and writes new ones (protocol, "Deletion Vectors").</summary>
internal static class DeletionVectorFiles
{
    private const byte FormatVersion = 1;
    private const int UuidText = 20;

    /// <summary>The deleted rows of a data file.</summary>
    /// <exception cref="TarnException">The vector is missing, damaged, or outside the store.</exception>
    public static async ValueTask<RowSet> ReadAsync(ObjectStore store, string table, DeletionVectorDescriptor descriptor, CancellationToken cancellationToken)
    {
        var (bytes, where) = descriptor.StorageType == "i"
            ? (Inline(descriptor), "inline")
            : await StoredAsync(store, PathInStore(store, table, descriptor)!, descriptor, cancellationToken).ConfigureAwait(false);
        var rows = RoaringFormat.Read(bytes.Span, where);
        if (rows.Count != descriptor.Cardinality)
        {
            throw Corrupt($"holds as many rows as its descriptor says ({descriptor.Cardinality})", FormattableString.Invariant($"{where}: {rows.Count}"));
        }

        return rows;
    }

    /// <summary>The path in the store of the file that holds the vector; null where it is inline.</summary>
    /// <exception cref="TarnException">The descriptor names none in the store.</exception>
    public static string? PathInStore(ObjectStore store, string table, DeletionVectorDescriptor descriptor) => descriptor.StorageType switch
    {
        "i" => null,
        "u" => LogPath.InStore(store, table, RelativePath(descriptor)),
        "p" => LogPath.InStore(store, table, LogPath.Decode(descriptor.PathOrInlineDv)),
        var other => throw new TarnException(
            ErrorKind.Unsupported, "A deletion vector is stored inline (i), under a UUID (u) or at a path (p).", other, "Read the table with an engine that knows this storage."),
    };

    /// <summary>The path of a vector under a UUID, relative to the table's folder.</summary>
    public static string RelativePath(DeletionVectorDescriptor descriptor)
    {
        var text = descriptor.PathOrInlineDv;
        if (text.Length < UuidText || Z85.TryDecode(text.AsSpan(text.Length - UuidText)) is not { } bytes)
        {
            throw Corrupt("under a UUID names one in Z85", text);
        }

        var prefix = text[..^UuidText];
        var name = $"deletion_vector_{new Guid(bytes, bigEndian: true)}.bin";
        return prefix.Length == 0 ? name : $"{prefix}/{name}";
    }

    /// <summary>The content of a file that holds vectors, and where each is in it.</summary>
    /// <param name="id">The UUID that names the file.</param>
    /// <param name="vectors">The vectors, none of them empty.</param>
    public static (byte[] Content, IReadOnlyList<DeletionVectorDescriptor> Descriptors) Write(Guid id, IReadOnlyList<RowSet> vectors)
    {
        var name = Z85.Encode(id.ToByteArray(bigEndian: true));
        var descriptors = new List<DeletionVectorDescriptor>(vectors.Count);
        using var stream = new MemoryStream();
        stream.WriteByte(FormatVersion);
        Span<byte> number = stackalloc byte[4];
        foreach (var rows in vectors)
        {
            var bytes = RoaringFormat.Write(rows);
            descriptors.Add(new DeletionVectorDescriptor("u", name, (int)stream.Position, bytes.Length, rows.Count));
            BinaryPrimitives.WriteInt32BigEndian(number, bytes.Length);
            stream.Write(number);
            stream.Write(bytes);
            BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(bytes));
            stream.Write(number);
        }

        return (stream.ToArray(), descriptors);
    }

    /// <summary>A vector in the descriptor itself; for small ones.</summary>
    public static DeletionVectorDescriptor WriteInline(RowSet rows)
    {
        var bytes = RoaringFormat.Write(rows);
        return new DeletionVectorDescriptor("i", Z85.Encode(bytes), null, bytes.Length, rows.Count);
    }

    private static ReadOnlyMemory<byte> Inline(DeletionVectorDescriptor descriptor)
    {
        var bytes = Z85.TryDecode(descriptor.PathOrInlineDv);
        return bytes is not null && descriptor.SizeInBytes >= 0 && descriptor.SizeInBytes <= bytes.Length
            ? bytes.AsMemory(0, descriptor.SizeInBytes)
            : throw Corrupt("inline is Z85 of as many bytes as its descriptor says", SchemaJson.Shorten(descriptor.PathOrInlineDv));
    }

    private static async ValueTask<(ReadOnlyMemory<byte> Bytes, string Where)> StoredAsync(
        ObjectStore store, string path, DeletionVectorDescriptor descriptor, CancellationToken cancellationToken)
    {
        var offset = descriptor.Offset ?? 0;
        if (offset < 0 || descriptor.SizeInBytes is < 0 or > int.MaxValue - 8)
        {
            throw Corrupt("has an offset and a size", FormattableString.Invariant($"{path}: {offset}, {descriptor.SizeInBytes}"));
        }

        byte[] content;
        try
        {
            content = await store.GetRangeAsync(path, offset, descriptor.SizeInBytes + 8, cancellationToken).ConfigureAwait(false);
        }
        catch (TarnException e) when (e.Kind == ErrorKind.NotFound)
        {
            throw TarnException.Corrupt("A deletion vector that the table names is missing.", path, "Restore it from a backup, or read an earlier version.", e);
        }

        if (content.Length != descriptor.SizeInBytes + 8 || BinaryPrimitives.ReadInt32BigEndian(content) != descriptor.SizeInBytes)
        {
            throw Corrupt("has the size that its descriptor says", path);
        }

        var bytes = content.AsMemory(4, descriptor.SizeInBytes);
        return BinaryPrimitives.ReadUInt32BigEndian(content.AsSpan(content.Length - 4)) == Crc32.Of(bytes.Span) ? (bytes, path) : throw Corrupt("agrees with its checksum", path);
    }

    private static TarnException Corrupt(string rule, string value) =>
        TarnException.Corrupt($"A deletion vector {rule}.", value, "Restore the file from a backup, or read an earlier version.");
}
