using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Tests;

public sealed class ConsoleAlertChannelTests : AlertChannelContract
{
    private readonly List<string> _said = [];
    private Notices _notices = null!;

    public override ValueTask InitializeAsync()
    {
        _notices = new Notices(Time);
        _notices.Changed += () => _said.AddRange(_notices.Current.Select(static n => n.Text));
        Channel = new ConsoleAlertChannel("console", _notices, Time);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task One_notice_a_subject_that_is_taken_back_when_it_works_again()
    {
        await TellAsync("orders", AlertKinds.Failure, AlertSeverity.Error);
        await TellAsync("payments", AlertKinds.SlaMissed, AlertSeverity.Warning);
        await TellAsync("orders", AlertKinds.Failure, AlertSeverity.Error);
        Assert.Equal([NoticeLevel.Error, NoticeLevel.Warning], _notices.Current.Select(static n => n.Level));
        await TellAsync("orders", AlertKinds.Retry, AlertSeverity.Info);
        Assert.Equal(NoticeLevel.Error, _notices.Current[0].Level);
        await TellAsync("orders", AlertKinds.Recovered, AlertSeverity.Info);
        Assert.StartsWith("payments", Assert.Single(_notices.Current).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notices_go_after_their_time_and_are_never_many()
    {
        await TellAsync("retry", AlertKinds.Retry, AlertSeverity.Info);
        await TellAsync("failure", AlertKinds.Failure, AlertSeverity.Error);
        Time.Advance(TimeSpan.FromMinutes(10));
        Assert.StartsWith("failure", Assert.Single(_notices.Current).Text, StringComparison.Ordinal);
        Time.Advance(TimeSpan.FromDays(1));
        Assert.Empty(_notices.Current);
        for (var i = 0; i < 50; i++)
        {
            await TellAsync($"p{i}", AlertKinds.Failure, AlertSeverity.Error);
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(20, _notices.Current.Count);
        Assert.Contains(_notices.Current, static n => n.Text.StartsWith("p49", StringComparison.Ordinal));
    }

    protected override IReadOnlyList<string> Arrived() => _said;

    protected override string Readable(string arrived) => arrived;

    private Task TellAsync(string subject, string kind, AlertSeverity severity)
    {
        var alert = new Alert { Kind = kind, Severity = severity, Subject = subject, Title = $"{subject} {kind}", OccurredAt = Time.GetUtcNow() };
        return SendAsync(new AlertMessage { Id = subject, Alerts = [new RecordedAlert(subject, alert)], Severity = severity, Title = alert.Title!, Text = "" });
    }
}
