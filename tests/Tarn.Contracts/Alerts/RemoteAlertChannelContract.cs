using System.Net;
using System.Net.Sockets;
using Tarn.Core;
using Xunit;

namespace Tarn.Contracts;

/// <summary>What every alert channel promises whose receiver is elsewhere, and may be slow, busy, broken or gone.</summary>
public abstract class RemoteAlertChannelContract : AlertChannelContract
{
    /// <summary>The far end.</summary>
    protected abstract AlertReceiver Receiver { get; }

    /// <summary>Texts that must never be told.</summary>
    protected abstract IReadOnlyList<string> Secrets { get; }

    /// <summary>A channel to a port.</summary>
    protected abstract AlertChannel CreateFor(int port);

    [Fact]
    public async Task A_refusal_is_known_as_one()
    {
        Receiver.Mood = ReceiverMood.Refuses;
        var result = await SendSomethingAsync();
        Assert.True(result.IsRefused, result.Error);
    }

    [Theory]
    [InlineData(ReceiverMood.Busy)]
    [InlineData(ReceiverMood.Broken)]
    [InlineData(ReceiverMood.Babbles)]
    public async Task What_may_pass_is_a_failure_that_is_tried_again_and_then_works(ReceiverMood mood)
    {
        Receiver.Mood = mood;
        var result = await SendSomethingAsync();
        Assert.False(result.IsSent);
        Assert.False(result.IsRefused, result.Error);
        Assert.Empty(Receiver.Taken);
        Receiver.Mood = ReceiverMood.Takes;
        Assert.True((await SendSomethingAsync()).IsSent);
    }

    [Fact]
    public async Task A_receiver_that_says_nothing_is_left_after_the_time_out()
    {
        Receiver.Mood = ReceiverMood.Hangs;
        var sending = SendSomethingAsync();
        await Receiver.ArrivedAsync();
        Assert.False(sending.IsCompleted);
        Time.Advance(Channel.Options.Timeout);
        var result = await sending.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains("No answer within 15 seconds", result.Error, StringComparison.Ordinal);
        Receiver.Mood = ReceiverMood.Takes;
        Assert.True((await SendSomethingAsync()).IsSent);
    }

    [Fact]
    public async Task Who_cancels_under_way_is_obeyed()
    {
        Receiver.Mood = ReceiverMood.Hangs;
        using var cancelled = new CancellationTokenSource();
        var sending = Channel.SendAsync(Message("m1", "t", "", []), Time, cancelled.Token);
        await Receiver.ArrivedAsync();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Nobody_there_is_a_failure_that_is_tried_again()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        taken.Stop();
        using var channel = CreateFor(port);
        var result = await channel.SendAsync(Message("m1", "t", "", []), Time, CancellationToken.None);
        Assert.False(result.IsSent);
        Assert.False(result.IsRefused, result.Error);
        AssertNoSecret(result.Error!);
    }

    [Theory]
    [InlineData(ReceiverMood.Refuses)]
    [InlineData(ReceiverMood.Broken)]
    [InlineData(ReceiverMood.Babbles)]
    public async Task No_error_tells_a_secret_even_where_the_receiver_repeats_it(ReceiverMood mood)
    {
        Receiver.Mood = mood;
        Receiver.Echoes = true;
        AssertNoSecret((await SendSomethingAsync()).Error!);
    }

    /// <summary>Sends a message.</summary>
    protected Task<AlertSendResult> SendSomethingAsync() => SendAsync(Message("m1", "orders failed", "It broke.", [new("run", "r-77")]));

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arrived() => Receiver.Taken;

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Receiver.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private void AssertNoSecret(string error) => Assert.All(Secrets, secret => Assert.DoesNotContain(secret, error, StringComparison.OrdinalIgnoreCase));
}
