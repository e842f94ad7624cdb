using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace Tarn.Serving.Tests;

/// <summary>Makes requests that are nearly right: each of a seed and a number, the same one every time.</summary>
internal sealed class RequestMutator(int seed)
{
    private static readonly string[] Tokens =
    [
        "{", "}", "[", "]", ",", ":", "\"", "null", "true", "NaN", "-Infinity", "1e400", "-1", "0", "1.0", "9223372036854775808", "18446744073709551616", "2147483648", "-0", "1e-400", "00",
        "\\", "\\u0000", "\\ud800", "{\"b64\":\"aGk=\"}", "{\"b64\":", "[[[[[[[[[[[[[[[[[[[[", "]]]]]]]]]]]]]]]]]]]]", "\"inputs\":", "\"instances\":", "\"name\":\"x\"", "\"datatype\":\"BYTES\"",
        "\"shape\":[0]", "\"shape\":[2147483647,2147483647]", "\"parameters\":{\"binary_data_size\":4}", "\"classification\":3", "\"binary_data\":true", "\"id\":\"\\u00e4\"", " ", "\r\n", "\t", "\uFEFF",
    ];

    private static readonly string[] HeaderValues = ["", "0", "-1", "4", "10", "99999999999999999999", "gzip", "deflate", "br", "identity", "application/json", "text/csv", "application/octet-stream; charset=utf-16", "a, b", "\u00e4"];

    private static readonly string[] HeaderNames = ["Inference-Header-Content-Length", "Content-Encoding", "Content-Type", "Accept-Encoding", "Accept", "X-Other", "Cookie", "Expect-CT"];

    private static readonly string[] PathParts = ["/versions/1", "/versions/2", "/versions/x", "/labels/stable", ":predict", ":classify", ":regress", "/infer", "/ready", "/stats", "/config", "/metadata", "%00", "%2F", "%c3%28", "..", "//", "?a=b", ";", ":"];

    private static readonly FuzzRequest[] Seeds = MakeSeeds();

    /// <summary>The request of a number.</summary>
    public FuzzRequest Make(int number)
    {
        var random = new Random((seed * 1_000_003) ^ number);
        var like = Seeds[random.Next(Seeds.Length)];
        var request = new FuzzRequest { Method = like.Method, Path = like.Path, Body = [.. like.Body] };
        request.Headers.AddRange(like.Headers);
        for (var mutations = random.Next(4); mutations > 0; mutations--)
        {
            Mutate(request, random);
        }

        if (random.Next(8) == 0)
        {
            request.ChunkSize = 1 + random.Next(64);
        }

        return request;
    }

    /// <summary>Bytes of a request that may say a wrong length, or be no HTTP at all.</summary>
    public static byte[] Break(byte[] bytes, Random random)
    {
        var broken = new List<byte>(bytes);
        for (var times = 1 + random.Next(3); times > 0 && broken.Count > 0; times--)
        {
            MutateBytes(broken, random);
        }

        return [.. broken];
    }

    private static void Mutate(FuzzRequest request, Random random)
    {
        switch (random.Next(12))
        {
            case 0:
                request.Headers.Add((HeaderNames[random.Next(HeaderNames.Length)], HeaderValues[random.Next(HeaderValues.Length)]));
                break;
            case 1 when request.Headers.Count > 0:
                request.Headers.RemoveAt(random.Next(request.Headers.Count));
                break;
            case 2 when request.Headers.Count > 0:
                var at = random.Next(request.Headers.Count);
                request.Headers[at] = (request.Headers[at].Name, HeaderValues[random.Next(HeaderValues.Length)]);
                break;
            case 3:
                var part = PathParts[random.Next(PathParts.Length)];
                request.Path = random.Next(2) == 0 ? request.Path + part : request.Path.Insert(random.Next(1, request.Path.Length + 1), part);
                break;
            case 4 when random.Next(4) == 0:
                request.Method = ((string[])["GET", "PUT", "HEAD", "OPTIONS", "DELETE"])[random.Next(5)];
                break;
            case 5:
                request.Body = Splice(request.Body, Seeds[random.Next(Seeds.Length)].Body, random);
                break;
            case 6 when random.Next(3) == 0:
                request.Headers.Add(("Content-Encoding", "gzip"));
                request.Body = Gzip(request.Body);
                break;
            default:
                var body = new List<byte>(request.Body);
                MutateBytes(body, random);
                request.Body = [.. body];
                break;
        }
    }

    private static void MutateBytes(List<byte> bytes, Random random)
    {
        var at = random.Next(bytes.Count + 1);
        switch (random.Next(7))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + random.Next(8)));
                break;
            case 3:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 4:
                var end = Math.Min(bytes.Count, at + 1 + random.Next(32));
                bytes.InsertRange(at, bytes.GetRange(at, end - at));
                break;
            case 5:
                ReplaceNumber(bytes, at, random);
                break;
            default:
                bytes.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]));
                break;
        }
    }

    private static void ReplaceNumber(List<byte> bytes, int from, Random random)
    {
        var at = bytes.FindIndex(Math.Min(from, bytes.Count), static b => b is >= (byte)'0' and <= (byte)'9');
        if (at < 0)
        {
            return;
        }

        var end = at;
        while (end < bytes.Count && bytes[end] is >= (byte)'0' and <= (byte)'9')
        {
            end++;
        }

        bytes.RemoveRange(at, end - at);
        bytes.InsertRange(at, Encoding.ASCII.GetBytes(((long)Math.Pow(2, random.Next(64)) - random.Next(3)).ToString(CultureInfo.InvariantCulture)));
    }

    private static byte[] Splice(byte[] one, byte[] other, Random random) => [.. one[..random.Next(one.Length + 1)], .. other[random.Next(other.Length + 1)..]];

    private static byte[] Gzip(byte[] body)
    {
        using var to = new MemoryStream();
        using (var stream = new GZipStream(to, CompressionLevel.Fastest, leaveOpen: true))
        {
            stream.Write(body);
        }

        return to.ToArray();
    }

    private static FuzzRequest[] MakeSeeds() =>
    [
        Json("/v1/models/half_plus_two:predict", """{"instances": [1.0, 2.0, 5.0]}"""),
        Json("/v1/models/three:predict", """{"signature_name":"","instances":[{"tag":"foo","signal":[1,2,3,4,5],"sensor":[[1,2],[3,4]]},{"tag":{"b64":"aGk="},"signal":[1,2,3,4,5e-3],"sensor":[[1,2],[3,4]]}]}"""),
        Json("/v1/models/three/versions/1:predict", """{"inputs":{"tag":["foo","b\u00e4r"],"signal":[[1,2,3,4,5],[3,4,NaN,2,5]],"sensor":[[[1,2],[3,4]],[[4,5],[6,8]]]}}"""),
        Json("/v1/models/matrix:predict", """{"instances":[[1,2,3],[4,5,6]]}"""),
        Json("/v1/models/sum/labels/stable:regress", """{"context":{"b":[10]},"examples":[{"a":1},{"a":2.5}]}"""),
        Json("/v1/models/dense:classify", """{"examples":[{"features":[1,2,3,4]},{"features":[0,0,0,0]}]}"""),
        Json("/v1/models/lookup:predict", """{"instances":[0,1,2,3]}"""),
        Json("/v2/models/matrix/infer", """{"id":"42","parameters":{"priority":1,"timeout":1000000},"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[1,2,3.5,-4e-3]}],"outputs":[{"name":"x_out","parameters":{"binary_data":true}}]}"""),
        Json("/v2/models/dense/infer", """{"inputs":[{"name":"features","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}],"outputs":[{"name":"probabilities","parameters":{"classification":2}}]}"""),
        Json("/v2/models/same_BYTES/infer", """{"inputs":[{"name":"x","shape":[2],"datatype":"BYTES","data":["a","\ud83d\ude00"]}]}"""),
        Binary(
            "/v2/models/simple/infer",
            """{"inputs":[{"name":"INPUT0","shape":[1,16],"datatype":"INT32","parameters":{"binary_data_size":64}},{"name":"INPUT1","shape":[1,16],"datatype":"INT32","parameters":{"binary_data_size":64}}],"parameters":{"binary_data_output":true}}""",
            new byte[128]),
        Binary("/v2/models/same_BYTES/infer", """{"inputs":[{"name":"x","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":11}}]}""", BinaryCall.Texts("abc", "")),
        Binary("/v2/models/same_FP64/versions/1/infer", """{"inputs":[{"name":"x","shape":[2],"datatype":"FP64","parameters":{"binary_data_size":16}}]}""", MemoryMarshal.AsBytes<double>([1.5, double.NaN]).ToArray()),
        Binary("/v2/models/same_FP32/infer", "", new byte[12]),
        Json("/v2/repository/index", """{"ready":true}"""),
        new FuzzRequest { Method = "GET", Path = "/v2/models/sum/stats" },
        new FuzzRequest { Method = "GET", Path = "/v1/models/three/metadata" },
        new FuzzRequest { Method = "GET", Path = "/v2/models/dense/versions/2" },
        Json("/v1/endpoints/sum/invocations", """{"dataframe_split":{"columns":["a","b"],"data":[[1,2],[3,null]]}}"""),
        Json("/v1/endpoints/sum/invocations", """{"dataframe_records":[{"a":1,"b":2},{"b":3,"a":4}],"params":{}}"""),
        Typed("/v1/endpoints/sum/invocations", "text/csv", "a,b\r\n1,2\r\n\"3\",\r\n"u8.ToArray()),
        Typed("/v1/endpoints/same_BYTES/invocations", "text/csv; charset=utf-8", "x\n\"a\"\"b\"\nplain\n"u8.ToArray()),
    ];

    private static FuzzRequest Json(string path, string json) => Typed(path, "application/json", Encoding.UTF8.GetBytes(json));

    private static FuzzRequest Typed(string path, string type, byte[] body)
    {
        var request = new FuzzRequest { Path = path, Body = body };
        request.Headers.Add(("Content-Type", type));
        return request;
    }

    private static FuzzRequest Binary(string path, string json, byte[] tail)
    {
        var request = Typed(path, "application/octet-stream", [.. Encoding.UTF8.GetBytes(json), .. tail]);
        request.Headers.Add((BinaryCall.HeaderLength, Encoding.UTF8.GetByteCount(json).ToString(CultureInfo.InvariantCulture)));
        return request;
    }
}
