using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>When the memory of a body that is sent to instances is given back.</summary>
public sealed class RemoteBodyTests
{
    private static readonly byte[] Sent = [1, 2, 3];

    [Fact]
    public async Task Memory_is_kept_while_a_connection_still_sends_it_and_given_back_then()
    {
        var bytes = PooledBuffer.Rent();
        bytes.Write(Sent);
        var body = new RemoteBody(bytes);
        await using var slow = new GatedStream();
        using var content = body.ToContent();

        var sending = content.CopyToAsync(slow, TestContext.Current.CancellationToken);
        body.Release();
        Assert.Equal(Sent, body.Bytes.ToArray());
        slow.Gate.SetResult();
        await sending;

        Assert.Equal(Sent, slow.Got);
        Assert.Equal(0, body.Bytes.Length);
    }

    [Fact]
    public async Task What_begins_to_be_sent_after_the_call_is_over_is_not_sent()
    {
        var bytes = PooledBuffer.Rent();
        bytes.Write(Sent);
        var body = new RemoteBody(bytes);
        using var content = body.ToContent();
        body.Release();

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => content.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
    }

    private sealed class GatedStream : MemoryStream
    {
        public TaskCompletionSource Gate { get; } = new();

        public byte[] Got { get; private set; } = [];

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Gate.Task;
            Got = buffer.ToArray();
        }
    }
}
