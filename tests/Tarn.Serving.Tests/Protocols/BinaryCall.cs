using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Tarn.Serving.Tests;

/// <summary>Requests with tensors behind their JSON, put together and taken apart by hand.</summary>
internal static class BinaryCall
{
    public const string HeaderLength = "Inference-Header-Content-Length";

    /// <summary>Sends JSON and bytes; gives the status, the JSON, and the bytes behind it.</summary>
    public static async Task<(int Status, JsonNode Json, byte[] Tail)> SendAsync(ServingHost host, string path, string json, byte[] tail, int? headerLength = null)
    {
        var header = Encoding.UTF8.GetBytes(json);
        using var content = new ByteArrayContent([.. header, .. tail]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        content.Headers.Add(HeaderLength, (headerLength ?? header.Length).ToString(CultureInfo.InvariantCulture));
        using var response = await host.Client.PostAsync(new Uri(path, UriKind.Relative), content);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        var length = response.Headers.TryGetValues(HeaderLength, out var values) ? int.Parse(values.Single(), CultureInfo.InvariantCulture) : bytes.Length;
        return ((int)response.StatusCode, JsonNode.Parse(bytes.AsSpan(0, length))!, bytes[length..]);
    }

    /// <summary>Texts in the form of binary BYTES tensors.</summary>
    public static byte[] Texts(params string[] texts) => [.. texts.SelectMany(static t => (byte[])[.. BitConverter.GetBytes(Encoding.UTF8.GetByteCount(t)), .. Encoding.UTF8.GetBytes(t)])];
}
