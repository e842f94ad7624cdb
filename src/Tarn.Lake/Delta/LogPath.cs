using System.Buffers;
using System.Globalization;
using System.Text;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Names in and around <c>_delta_log</c>: commit files, checkpoints, and the encoding of data files' paths in actions.</summary>
internal static class LogPath
{
    public const string Folder = "_delta_log";
    public const string LastCheckpoint = "_delta_log/_last_checkpoint";
    public const string Sidecars = "_delta_log/_sidecars";
    public const string ChangeData = "_change_data";

    /// <summary>What stands in a partition folder's name where the value is null (a convention of Hive; readers take the value from the log).</summary>
    public const string NullPartition = "__HIVE_DEFAULT_PARTITION__";

    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/=!$&'()*+,;@");

    private static readonly SearchValues<char> PlainInFolder =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+,@ ");

    public static string Commit(long version) => string.Create(CultureInfo.InvariantCulture, $"_delta_log/{version:D20}.json");

    public static string Checkpoint(long version) => string.Create(CultureInfo.InvariantCulture, $"_delta_log/{version:D20}.checkpoint.parquet");

    /// <summary>The name of a V2 checkpoint of a version; <paramref name="id"/> makes it unique.</summary>
    public static string NamedCheckpoint(long version, Guid id, bool json) =>
        string.Create(CultureInfo.InvariantCulture, $"_delta_log/{version:D20}.checkpoint.{id:D}.{(json ? "json" : "parquet")}");

    /// <summary>Encodes a data file's path for the log (RFC 2396, as the protocol asks).</summary>
    public static string Encode(string path)
    {
        var scheme = IsAbsolute(path) ? path.IndexOf(':', StringComparison.Ordinal) + 1 : 0;
        return string.Concat(path.AsSpan(0, scheme), Escape(path[scheme..], Plain));
    }

    /// <summary>Undoes <see cref="Encode"/>.</summary>
    public static string Decode(string path) => path.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(path) : path;

    /// <summary>Whether a path of the log is absolute: a URI with a scheme, or a path from the root.</summary>
    public static bool IsAbsolute(string path) => path.StartsWith('/') || SchemeEnd(path) > 0;

    /// <summary>One spelling for each absolute path (<c>/a</c>, <c>file:/a</c> and <c>file:///a</c> are one file); a relative path as it is.</summary>
    public static string Canonical(string path)
    {
        if (path.StartsWith('/'))
        {
            return "file:///" + path.TrimStart('/');
        }

        if (path.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
        {
            return "file:///" + path[5..].TrimStart('/');
        }

        // Hadoop's names for the same store.
        return path.StartsWith("s3a://", StringComparison.OrdinalIgnoreCase) || path.StartsWith("s3n://", StringComparison.OrdinalIgnoreCase) ? "s3" + path[3..] : path;
    }

    /// <summary>The folder of a partition: <c>column=value/</c> for each column, hostile characters escaped.</summary>
    public static string PartitionFolder(IReadOnlyList<string> columns, IReadOnlyDictionary<string, string?> values)
    {
        if (columns.Count == 0)
        {
            return "";
        }

        var text = new StringBuilder();
        foreach (var column in columns)
        {
            var value = values.GetValueOrDefault(column);
            text.Append(Escape(column, PlainInFolder)).Append('=').Append(string.IsNullOrEmpty(value) ? NullPartition : Escape(value, PlainInFolder)).Append('/');
        }

        return text.ToString();
    }

    /// <summary>Where in the store a file that a table's log names lies: in the table's folder, or, by its absolute path, elsewhere in the store.</summary>
    /// <exception cref="TarnException">The path leads out of the table, or out of the store.</exception>
    public static string InStore(ObjectStore store, string table, string path)
    {
        if (IsAbsolute(path))
        {
            return store.PathOf(Canonical(path)) is { } inStore && IsPlain(inStore) ? inStore : throw new TarnException(
                ErrorKind.Unsupported, $"A file that a log names by an absolute path lies in the store of the table ({store.Location}).", path, $"Table {table} names a file elsewhere; copy the file in, or read the table with another engine.");
        }

        return IsPlain(path) ? $"{table}/{path}" : throw new TarnException(
            ErrorKind.Unsupported, "A file's relative path in the log stays within the table.", path, $"Table {table} names a file elsewhere; copy the file in, or read the table with another engine.");
    }

    private static bool IsPlain(string path) => path.Length > 0 && !path.Split('/').Any(static part => part is "" or "." or "..");

    // A scheme is a letter, then letters, digits, '+', '-' and '.' (RFC 3986), and no file's name here starts so before its first '/'.
    private static int SchemeEnd(string path)
    {
        var colon = path.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 1 || !char.IsAsciiLetter(path[0]) || colon + 1 >= path.Length || path[colon + 1] != '/')
        {
            return 0;
        }

        foreach (var c in path.AsSpan(0, colon))
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))
            {
                return 0;
            }
        }

        return colon;
    }

    private static string Escape(string text, SearchValues<char> plain)
    {
        if (!text.AsSpan().ContainsAnyExcept(plain))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii && plain.Contains((char)rune.Value))
            {
                escaped.Append((char)rune.Value);
                continue;
            }

            var count = rune.EncodeToUtf8(bytes);
            foreach (var b in bytes[..count])
            {
                escaped.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return escaped.ToString();
    }
}
