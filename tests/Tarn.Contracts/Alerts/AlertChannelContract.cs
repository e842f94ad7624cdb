using Tarn.Core;
using Xunit;

namespace Tarn.Contracts;

/// <summary>What every alert channel promises.</summary>
public abstract class AlertChannelContract : IAsyncLifetime
{
    /// <summary>The clock, which stands still.</summary>
    protected ManualTimeProvider Time { get; } = new();

    /// <summary>The channel under test.</summary>
    protected AlertChannel Channel { get; set; } = null!;

    /// <inheritdoc/>
    public abstract ValueTask InitializeAsync();

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        Channel.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_message_that_was_sent_has_arrived_whole()
    {
        var message = Message("m1", "orders failed", "It broke.", [new("run", "r-77"), new("task", "merge")]);
        Assert.True((await SendAsync(message)).IsSent);
        var arrived = Readable(Assert.Single(Arrived()));
        Assert.All(["orders failed", "It broke.", "r-77", "merge", "m1"], part => Assert.Contains(part, arrived, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_an_alert_brings_is_told_as_it_is_and_means_nothing()
    {
        var nasty = "a*b_c~d`e|f <!channel> <@1> [x](http://e) # > & \\ \"q\" {{title}}";
        Assert.True((await SendAsync(Message("m1", Channel.Escape(nasty), Channel.Escape(nasty), [new("run", nasty)]))).IsSent);
        var arrived = Readable(Assert.Single(Arrived()));
        Assert.Equal(3, arrived.Split(nasty).Length - 1);
    }

    [Fact]
    public async Task A_value_writes_no_line_of_its_own_into_a_title()
    {
        var alert = Message("m1", AlertLine("one\r\nBcc: other@example.org\u2028two"), "", []);
        Assert.True((await SendAsync(alert)).IsSent);
        Assert.DoesNotContain("\nBcc:", Assert.Single(Arrived()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_huge_message_arrives_cut_to_what_the_receiver_takes()
    {
        var fields = Enumerable.Range(0, 50).Select(i => new KeyValuePair<string, string>($"field{i}", Channel.Escape(new string('&', 4000)))).ToList();
        var result = await SendAsync(Message("m1", Channel.Escape(new string('*', 500)), Channel.Escape(string.Concat(Enumerable.Repeat("<&>*😀", 2000))), fields));
        Assert.True(result.IsSent, result.Error);
        Assert.Single(Arrived());
    }

    [Fact]
    public async Task One_channel_sends_many_messages()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.True((await SendAsync(Message($"m{i}", $"number {i}", "", []))).IsSent);
        }

        Assert.Equal(5, Arrived().Count);
    }

    [Fact]
    public async Task Who_cancels_before_it_begins_gets_nothing_sent()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Channel.SendAsync(Message("m1", "t", "", []), Time, cancelled.Token));
        Assert.Empty(Arrived());
    }

    /// <summary>What arrived, as it came.</summary>
    protected abstract IReadOnlyList<string> Arrived();

    /// <summary>What a person reads of it: the form of the channel taken away.</summary>
    protected abstract string Readable(string arrived);

    /// <summary>Sends.</summary>
    protected Task<AlertSendResult> SendAsync(AlertMessage message) => Channel.SendAsync(message, Time, CancellationToken.None);

    /// <summary>A message of one alert; title and text are in the channel's form, fields plain.</summary>
    protected AlertMessage Message(string id, string title, string text, IReadOnlyList<KeyValuePair<string, string>> fields) => new()
    {
        Id = id,
        Alerts = [new RecordedAlert(id, new Alert { Kind = AlertKinds.Failure, Severity = AlertSeverity.Error, Subject = "orders", Title = title, Text = text, OccurredAt = Time.GetUtcNow(), Fields = new Dictionary<string, string>(fields) })],
        Severity = AlertSeverity.Error,
        Title = title,
        Text = text,
        Fields = fields,
        Link = new Uri("http://127.0.0.1:8080/runs/r-77?a=1&b=2"),
    };

    // As the composer makes titles of values.
    private static string AlertLine(string value) => string.Concat(value.Select(static c => char.IsControl(c) || c == '\u2028' ? ' ' : c));
}
