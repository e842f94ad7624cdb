using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Tarn.Native;

/// <summary>Text to and from DuckDB, which takes and gives UTF-8.</summary>
internal static unsafe class DuckDbText
{
    /// <summary>The text at the pointer, which stays DuckDB's.</summary>
    internal static string Borrow(nint text) => Marshal.PtrToStringUTF8(text) ?? "";

    /// <summary>The text at the pointer, which is freed.</summary>
    internal static string Take(nint text)
    {
        var taken = Borrow(text);
        DuckDbApi.Free(text);
        return taken;
    }

    /// <summary>SQL as zero-terminated UTF-8 in a rented buffer; a NUL within would cut the statement short, so it is refused.</summary>
    internal static Rented Encode(string sql)
    {
        if (sql.Contains('\0', StringComparison.Ordinal))
        {
            throw new DuckDbException(DuckDbErrorType.Parser, "Parser Error: the statement contains a NUL character.");
        }

        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(sql.Length) + 1);
        var length = Encoding.UTF8.GetBytes(sql, buffer);
        buffer[length] = 0;
        return new Rented(buffer);
    }

    internal readonly ref struct Rented(byte[] buffer)
    {
        internal byte[] Buffer { get; } = buffer;

        public void Dispose() => ArrayPool<byte>.Shared.Return(Buffer);
    }
}
