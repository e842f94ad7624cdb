using System.Buffers;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Calls that take too long, and calls that nobody waits for.</summary>
public sealed class GrpcDeadlineTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("5S")]
    [InlineData("5000m")]
    [InlineData("5000000u")]
    public async Task A_handler_is_stopped_at_the_deadline(string timeout)
    {
        await using var server = await StartAsync();
        var reply = server.Client.CallAsync("/a.B/Wait", default, r => r.Headers.Add("grpc-timeout", timeout), Cancelled);
        await _begun.Task.WaitAsync(Cancelled);
        _time.Advance(TimeSpan.FromMilliseconds(4999));
        Assert.False(_ended.Task.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        using var refused = await reply;
        Assert.Equal((4, true), (refused.Status, refused.IsTrailersOnly));
        Assert.True(_ended.Task.IsCompleted);
        await server.AssertCleanAsync();
    }

    [Fact]
    public async Task An_answer_that_comes_too_late_is_overdue()
    {
        await using var server = await StartAsync();
        using var reply = await server.Client.CallAsync("/a.B/PassFiveSeconds", default, static r => r.Headers.Add("grpc-timeout", "5S"), Cancelled);
        Assert.Equal(4, reply.Status);
        using var patient = await server.Client.CallAsync("/a.B/PassFiveSeconds", default, static r => r.Headers.Add("grpc-timeout", "6S"), Cancelled);
        Assert.Equal(0, patient.Status);
    }

    [Fact]
    public async Task A_deadline_that_has_passed_when_the_call_comes_ends_it()
    {
        await using var server = await StartAsync();
        using var reply = await server.Client.CallAsync("/a.B/Wait", default, static r => r.Headers.Add("grpc-timeout", "0n"), Cancelled);
        Assert.Equal(4, reply.Status);
    }

    [Fact]
    public async Task The_deadline_holds_while_the_request_is_awaited()
    {
        var armed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _time.TimerMade += armed.SetResult;
        await using var server = await StartAsync();
        await using var call = server.Client.Open("/a.B/Wait", static r => r.Headers.Add("grpc-timeout", "5S"), Cancelled);
        await armed.Task.WaitAsync(Cancelled);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(4, await call.StatusAsync());
        Assert.False(_begun.Task.IsCompleted);
        await server.AssertCleanAsync();
    }

    [Fact]
    public async Task The_deadline_holds_in_a_call_that_streams()
    {
        await using var server = await StartAsync();
        await using var call = server.Client.Open("/a.B/Both", static r => r.Headers.Add("grpc-timeout", "1M"), Cancelled);
        await call.SendAsync("a"u8.ToArray());
        Assert.Equal("a"u8.ToArray(), await call.ReceiveAsync());
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(4, await call.StatusAsync());
        await server.AssertCleanAsync();
    }

    [Fact]
    public async Task A_handler_knows_the_deadline()
    {
        var known = new List<(TimeSpan?, DateTimeOffset?)>();
        await using var server = await GrpcTestServer.StartAsync(
            t => t.Add("a.B").UnaryRaw("Ask", (call, _, _) =>
            {
                known.Add((call.Timeout, call.Deadline));
                return default;
            }),
            o => o with { Time = _time });
        using var limited = await server.Client.CallAsync("/a.B/Ask", default, static r => r.Headers.Add("grpc-timeout", "90S"), Cancelled);
        using var unlimited = await server.Client.CallAsync("/a.B/Ask", default, cancellation: Cancelled);
        Assert.Equal([(TimeSpan.FromSeconds(90), _time.GetUtcNow().AddSeconds(90)), (null, null)], known);
    }

    [Fact]
    public async Task A_handler_is_stopped_when_the_client_takes_the_call_back()
    {
        await using var server = await StartAsync();
        using var cancel = new CancellationTokenSource();
        var call = server.Client.CallAsync("/a.B/Wait", default, cancellation: cancel.Token).AsTask();
        await _begun.Task.WaitAsync(Cancelled);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await _ended.Task.WaitAsync(Cancelled);
        await server.AssertCleanAsync();
        Assert.Equal(1, server.Log.Count(5803));
    }

    private Task<GrpcTestServer> StartAsync() => GrpcTestServer.StartAsync(
        t => t.Add("a.B")
            .UnaryRaw("Wait", async (call, _, _) =>
            {
                _begun.TrySetResult();
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, _time, call.Cancellation);
                }
                finally
                {
                    _ended.TrySetResult();
                }
            })
            .UnaryRaw("PassFiveSeconds", (_, _, _) =>
            {
                _time.Advance(TimeSpan.FromSeconds(5));
                return default;
            })
            .DuplexRaw("Both", static async (requests, responses, _) =>
            {
                while (await requests.ReadAsync())
                {
                    responses.Write(requests.Message.FirstSpan);
                    await responses.SendAsync();
                }
            }),
        o => o with { Time = _time });
}
