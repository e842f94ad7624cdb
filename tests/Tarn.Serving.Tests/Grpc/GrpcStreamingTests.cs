using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Calls of any number of messages.</summary>
public sealed class GrpcStreamingTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2000)]
    public async Task One_message_has_many_answers(int count)
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        using var reply = await server.Client.CallAsync("/tarn.test.Echo/Count", new Int32Value { Value = count }.ToByteArray(), cancellation: Cancelled);
        Assert.Equal((0, count == 0), (reply.Status, reply.IsTrailersOnly));
        Assert.Equal(Enumerable.Range(1, count), reply.Messages.Select(static m => Int32Value.Parser.ParseFrom(m.Span).Value));
        await server.AssertCleanAsync();
    }

    [Theory]
    [InlineData("Both")]
    [InlineData("BothRaw")]
    public async Task Messages_go_to_and_fro(string method)
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        await using var call = server.Client.Open($"/{GrpcTestServer.Service}/{method}", cancellation: Cancelled);
        for (var i = 0; i < 50; i++)
        {
            var message = new BytesValue { Value = ByteString.CopyFrom(new byte[i * 997]) }.ToByteArray();
            await call.SendAsync(message);
            Assert.Equal(message, await call.ReceiveAsync());
        }

        await call.EndAsync();
        Assert.Equal(0, await call.StatusAsync());
        await server.AssertCleanAsync();
    }

    [Fact]
    public async Task A_broken_message_ends_a_stream_behind_the_answers_to_those_before()
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        await using var call = server.Client.Open("/tarn.test.Echo/Both", cancellation: Cancelled);
        await call.SendAsync(new BytesValue { Value = ByteString.CopyFromUtf8("fine") }.ToByteArray());
        await call.SendAsync(new byte[] { 0xff, 0xff });
        Assert.NotNull(await call.ReceiveAsync());
        Assert.Equal(13, await call.StatusAsync());
        await server.AssertCleanAsync();
    }

    [Fact]
    public async Task A_server_that_stops_ends_streams_and_lets_unary_calls_finish()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var may = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await GrpcTestServer.StartAsync(t =>
        {
            GrpcTestServer.Echo(t);
            t.Add("a.B").UnaryRaw("Slow", async (call, _, response) =>
            {
                begun.SetResult();
                await may.Task.WaitAsync(call.Cancellation);
                response.Write("done"u8);
            });
        });
        var slow = server.Client.CallAsync("/a.B/Slow", default, cancellation: Cancelled);
        await begun.Task.WaitAsync(Cancelled);
        await using var stream = server.Client.Open("/tarn.test.Echo/BothRaw", cancellation: Cancelled);
        await stream.SendAsync("a"u8.ToArray());
        Assert.NotNull(await stream.ReceiveAsync());

        var stopping = server.AssertCleanAsync();
        Assert.Equal(14, await stream.StatusAsync());
        may.SetResult();
        using var reply = await slow;
        Assert.Equal(0, reply.Status);
        Assert.True(reply.Content.SequenceEqual("done"u8));
        await stopping;
    }

    [Fact]
    public async Task A_client_that_takes_nothing_holds_the_handler_up()
    {
        var sent = 0;
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await GrpcTestServer.StartAsync(t => t.Add("a.B").DuplexRaw("Flood", async (requests, responses, _) =>
        {
            await requests.ReadAsync();
            try
            {
                while (true)
                {
                    responses.Write(new byte[1 << 20]);
                    await responses.SendAsync();
                    sent++;
                }
            }
            finally
            {
                stopped.SetResult();
            }
        }));
        using var cancel = new CancellationTokenSource();
        await using (var call = server.Client.Open("/a.B/Flood", cancellation: cancel.Token))
        {
            await call.SendAsync(default);
            Assert.Equal(1 << 20, (await call.ReceiveAsync())!.Length);
            await cancel.CancelAsync();
        }

        await stopped.Task.WaitAsync(Cancelled);
        await server.AssertCleanAsync();

        // What fits into HTTP/2's windows; without flow control it would be as much as the machine has memory for.
        Assert.InRange(sent, 1, 200);
    }
}
