using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Bodies and headers at random: whatever comes, the answer is a status of gRPC, the server goes on, and no buffer is lost.</summary>
public sealed class GrpcFuzzTests
{
    private static readonly string[] Paths = [.. new[] { "Unary", "Raw", "Declared", "Count", "Both", "BothRaw", "None" }.Select(static m => $"/{GrpcTestServer.Service}/{m}"), "/grpc.health.v1.Health/Check", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"];
    private static readonly string[] Encodings = ["identity", "gzip", "deflate", "snappy", ""];
    private static readonly string[] Timeouts = ["1H", "10S", "1n", "0S", "99999999H", "x", "-1S", "1"];

    [Theory]
    [InlineData(20260101)]
    [InlineData(20260102)]
    [InlineData(20260103)]
    public async Task Whatever_is_sent_a_status_comes_back(int seed)
    {
        var random = new Random(seed);
        await using var server = await GrpcTestServer.StartAsync(static t =>
        {
            GrpcTestServer.Echo(t);
            HealthService.AddTo(t, new());
            ReflectionService.AddTo(t);
        }, static o => o with { MaxMessageBytes = 50_000 });
        var cancellation = TestContext.Current.CancellationToken;
        for (var round = 0; round < 600; round++)
        {
            var body = Body(random);
            var path = Paths[random.Next(Paths.Length)];
            if (random.Next(8) == 0)
            {
                await LeaveAsync(server, path, body, random);
                continue;
            }

            // A count as the body says may be of two thousand millions.
            if (path.EndsWith("/Count", StringComparison.Ordinal))
            {
                body = GrpcClient.Frame(new Google.Protobuf.WellKnownTypes.Int32Value { Value = random.Next(100) }.ToByteArray());
            }

            using var reply = await server.Client.SendBodyAsync(path, new ByteArrayContent(body), r => Decorate(r, random), cancellation);
            Assert.True(
                reply.Http == HttpStatusCode.OK && reply.Status is >= 0 and <= 16 && reply.Message != "The server failed to answer; its log says why.",
                $"seed {seed}, round {round}: {path} with {Convert.ToHexString(body.AsSpan(0, Math.Min(100, body.Length)))} had HTTP {reply.Http}, status {reply.Status}: {reply.Message}");
        }

        using var after = await server.Client.CallAsync(Paths[1], "still here"u8.ToArray(), cancellation: cancellation);
        Assert.True(after.Content.SequenceEqual("still here"u8), $"seed {seed}");
        await server.AssertCleanAsync();
    }

    /// <summary>Takes a call back at some moment.</summary>
    private static async Task LeaveAsync(GrpcTestServer server, string path, byte[] body, Random random)
    {
        using var cancel = new CancellationTokenSource();
        await using var call = server.Client.Open(path, cancellation: cancel.Token);
        await call.SendBytesAsync(body.AsMemory(0, random.Next(body.Length + 1)));
        if (random.Next(2) == 0)
        {
            await call.SendBytesAsync(new byte[random.Next(10)]);
        }

        await cancel.CancelAsync();
    }

    private static void Decorate(HttpRequestMessage request, Random random)
    {
        if (random.Next(2) == 0)
        {
            request.Headers.TryAddWithoutValidation("grpc-encoding", Encodings[random.Next(Encodings.Length)]);
        }

        if (random.Next(4) == 0)
        {
            request.Headers.TryAddWithoutValidation("grpc-timeout", Timeouts[random.Next(Timeouts.Length)]);
        }

        if (random.Next(20) == 0)
        {
            request.Headers.TE.Clear();
        }
    }

    /// <summary>Up to four messages, most of them right; sometimes a few bytes are then changed, cut off or added.</summary>
    private static byte[] Body(Random random)
    {
        var body = new List<byte>();
        for (var messages = random.Next(random.Next(2) == 0 ? 2 : 5); messages > 0; messages--)
        {
            var content = new byte[random.Next(20) == 0 ? random.Next(60_000) : random.Next(200)];
            random.NextBytes(content);
            var flag = random.Next(4) == 0 ? 1 : 0;
            body.AddRange(GrpcClient.Frame(flag == 1 && random.Next(4) > 0 ? Compress(content, random) : content, (byte)flag));
        }

        var bytes = body.ToArray();
        if (random.Next(2) == 0 || bytes.Length == 0)
        {
            return bytes;
        }

        switch (random.Next(4))
        {
            case 0:
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                return bytes;
            case 1:
                bytes[random.Next(Math.Min(5, bytes.Length))] = (byte)random.Next(256);
                return bytes;
            case 2:
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(1), (uint)random.NextInt64(1L << random.Next(33)));
                return bytes;
            default:
                return bytes[..random.Next(bytes.Length)];
        }
    }

    private static byte[] Compress(byte[] content, Random random)
    {
        using var compressed = new MemoryStream();
        using (Stream into = random.Next(2) == 0 ? new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true) : new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            into.Write(content);
        }

        return compressed.ToArray();
    }
}
