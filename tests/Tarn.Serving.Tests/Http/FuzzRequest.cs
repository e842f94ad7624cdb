using System.Globalization;
using System.Text;

namespace Tarn.Serving.Tests;

/// <summary>A request that is taken apart and put together differently. What it was made of decides what its answer may be.</summary>
internal sealed class FuzzRequest
{
    public string Method { get; set; } = "POST";

    public string Path { get; set; } = "";

    public List<(string Name, string Value)> Headers { get; } = [];

    public byte[] Body { get; set; } = [];

    /// <summary>Sizes of the body's chunks, where it is sent in chunks.</summary>
    public int ChunkSize { get; set; }

    /// <summary>The request as bytes of HTTP.</summary>
    public byte[] ToBytes()
    {
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Method} {Path} HTTP/1.1\r\nHost: localhost\r\n");
        foreach (var (name, value) in Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        if (ChunkSize == 0)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n\r\n");
            return [.. Encoding.Latin1.GetBytes(head.ToString()), .. Body];
        }

        head.Append("Transfer-Encoding: chunked\r\n\r\n");
        var bytes = new List<byte>(Encoding.Latin1.GetBytes(head.ToString()));
        foreach (var chunk in Body.Chunk(ChunkSize))
        {
            bytes.AddRange(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{chunk.Length:x}\r\n")));
            bytes.AddRange(chunk);
            bytes.AddRange("\r\n"u8);
        }

        bytes.AddRange("0\r\n\r\n"u8);
        return [.. bytes];
    }
}
