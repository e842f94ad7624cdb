using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Tarn.Serving.OpenInference;
using Xunit;
using static Tarn.Serving.Tests.InferRequests;

namespace Tarn.Serving.Tests;

/// <summary>What a call costs in garbage. By itself, since it counts what the whole process makes.</summary>
[Collection(nameof(GrpcInferGarbageTests))]
[CollectionDefinition(nameof(GrpcInferGarbageTests), DisableParallelization = true)]
public sealed class GrpcInferGarbageTests(ITestOutputHelper output)
{
    private const int Calls = 4000;

    [Fact]
    public async Task Reading_running_and_answering_a_request_makes_no_garbage()
    {
        await using var host = await ServingHost.StartAsync();
        var front = new ServingFront(host.Models, new ServingInfo("1"));
        var reader = new InferReader(front, null);
        var http = new DefaultHttpContext();
        var request = Dense(1, 2, 3, 4);
        request.Id = "an id";
        var message = new ReadOnlySequence<byte>(request.ToByteArray());
        var response = new GrpcResponse();
        var pipe = new Forgetful();

        void Run()
        {
            using var exchange = reader.Read(http, message);
            Assert.True(exchange.Request.RunAsync().IsCompletedSuccessfully);
            front.Finish(exchange.Chosen, exchange.Request, http, GrpcInference.Protocol);
            response.Begin(pipe, ArrayPool<byte>.Shared, CancellationToken.None);
            InferReply.Write(response, exchange);
            response.EndMessage();
            response.End();
        }

        for (var i = 0; i < 200; i++)
        {
            Run();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Run();
        }

        Assert.Equal(0, (GC.GetAllocatedBytesForCurrentThread() - before) / 1000);
    }

    [Fact]
    public async Task A_call_makes_little_more_garbage_than_one_that_gives_back_what_it_gets()
    {
        await using var host = await ServingHost.StartAsync();
        await using var echo = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        var message = Dense(1, 2, 3, 4).ToByteArray();
        var (echoed, plainRate) = await MeasureAsync(echo.Client, $"/{GrpcTestServer.Service}/Declared", message);
        var (inferred, rate) = await MeasureAsync(host.Grpc, "/inference.GRPCInferenceService/ModelInfer", message);
        output.WriteLine($"{inferred} bytes a call at {rate:0}/s, client and server together; an echo: {echoed} at {plainRate:0}/s");
        Assert.True(inferred - echoed < 600, $"An inference makes {inferred} bytes of garbage, an echo {echoed}.");
    }

    private static async Task<(long Bytes, double Rate)> MeasureAsync(GrpcClient client, string path, byte[] message)
    {
        await RunAsync(client, path, message);
        var (before, began) = (GC.GetTotalAllocatedBytes(precise: true), TimeProvider.System.GetTimestamp());
        await RunAsync(client, path, message);
        return ((GC.GetTotalAllocatedBytes(precise: true) - before) / Calls, Calls / TimeProvider.System.GetElapsedTime(began).TotalSeconds);
    }

    private static Task RunAsync(GrpcClient client, string path, byte[] message)
    {
        const int UnderWay = 32;
        return Task.WhenAll(Enumerable.Range(0, UnderWay).Select(async _ =>
        {
            for (var i = 0; i < Calls / UnderWay; i++)
            {
                using var reply = await client.CallAsync(path, message);
                Assert.Equal(0, reply.Status);
            }
        }));
    }

    /// <summary>A connection that keeps nothing.</summary>
    private sealed class Forgetful : PipeWriter
    {
        private readonly byte[] _memory = new byte[4096];

        public override void Advance(int bytes)
        {
            // What was written is not looked at.
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => _memory;

        public override Span<byte> GetSpan(int sizeHint = 0) => _memory;

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;

        public override void CancelPendingFlush() => throw new NotSupportedException();

        public override void Complete(Exception? exception = null) => throw new NotSupportedException();
    }
}
