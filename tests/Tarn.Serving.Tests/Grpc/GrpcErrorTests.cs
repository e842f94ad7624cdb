using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>What the errors of handlers are to a client.</summary>
public sealed class GrpcErrorTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ErrorKind.InvalidInput, 3)]
    [InlineData(ErrorKind.NotFound, 5)]
    [InlineData(ErrorKind.Conflict, 10)]
    [InlineData(ErrorKind.Unsupported, 12)]
    [InlineData(ErrorKind.Unavailable, 14)]
    [InlineData(ErrorKind.Corrupt, 13)]
    public async Task Our_own_errors_are_told_with_their_value_and_remedy(ErrorKind kind, int status)
    {
        await using var server = await StartAsync(() => throw new TarnException(kind, "The rule.", "the wärt", "The remedy."));
        using var reply = await server.Client.CallAsync("/a.B/Fail", default, cancellation: Cancelled);
        Assert.Equal((200, status, "The rule. (value: the wärt) The remedy.", true), ((int)reply.Http, reply.Status, reply.Message, reply.IsTrailersOnly));
        Assert.DoesNotContain('ä', reply.EncodedMessage!);
        await server.AssertCleanAsync();
    }

    [Fact]
    public void Every_kind_of_error_has_a_status_and_only_corruption_is_internal()
    {
        Assert.All(Enum.GetValues<ErrorKind>(), static kind => Assert.Equal(kind == ErrorKind.Corrupt, GrpcErrors.StatusOf(kind) == GrpcStatus.Internal));
    }

    [Fact]
    public async Task What_nobody_foresaw_is_logged_and_not_told()
    {
        await using var server = await StartAsync(static () => throw new KeyNotFoundException("a secret"));
        using var reply = await server.Client.CallAsync("/a.B/Fail", default, cancellation: Cancelled);
        Assert.Equal(13, reply.Status);
        Assert.DoesNotContain("secret", reply.Message, StringComparison.Ordinal);
        Assert.Contains("a secret", Assert.Single(server.Log.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_that_was_cancelled_by_its_own_doing_is_cancelled()
    {
        await using var server = await StartAsync(static () => throw new OperationCanceledException());
        using var reply = await server.Client.CallAsync("/a.B/Fail", default, cancellation: Cancelled);
        Assert.Equal(1, reply.Status);
    }

    [Fact]
    public async Task Errors_of_another_making_are_explained_first()
    {
        await using var server = await GrpcTestServer.StartAsync(
            static t => t.Add("a.B").UnaryRaw("Fail", static (_, request, _) => throw (request.IsEmpty ? new TimeoutException("full") : new FormatException())),
            static o => o with
            {
                Explain = static (fault, call) =>
                {
                    if (fault is not TimeoutException)
                    {
                        return null;
                    }

                    call.SetTrailer("retry-after", "2");
                    return new GrpcException(GrpcStatus.ResourceExhausted, $"Overloaded: {fault.Message}.", fault);
                },
            });
        using var reply = await server.Client.CallAsync("/a.B/Fail", default, cancellation: Cancelled);
        Assert.Equal((8, "Overloaded: full.", "2"), (reply.Status, reply.Message, reply.Metadata["retry-after"]));
        using var other = await server.Client.CallAsync("/a.B/Fail", new byte[1], cancellation: Cancelled);
        Assert.Equal(13, other.Status);
    }

    private static Task<GrpcTestServer> StartAsync(Action fail) => GrpcTestServer.StartAsync(t => t.Add("a.B").UnaryRaw("Fail", (_, _, _) =>
    {
        fail();
        return default;
    }));
}
