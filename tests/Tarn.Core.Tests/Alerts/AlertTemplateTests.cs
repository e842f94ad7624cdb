using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Core.Tests;

public sealed class AlertTemplateTests
{
    [Fact]
    public void Placeholders_are_put_in_escaped_and_lines_without_any_value_are_left_out()
    {
        var template = AlertTemplate.Parse("*{{ subject }}* is down\nTask {{task}}, attempt {{attempt}}\nRun {{run}}\n\n{{error}}");
        var values = new Dictionary<string, string> { ["subject"] = "a<b", ["task"] = "merge", ["error"] = "x" };
        Assert.Equal("*a(b* is down\nTask merge, attempt \n\nx", template.Render(values.GetValueOrDefault, static v => v.Replace('<', '(')));
        Assert.Equal(["subject", "task", "attempt", "run", "error"], template.Names);
    }

    [Fact]
    public void An_unknown_placeholder_is_named_with_those_that_there_are()
    {
        var error = Assert.Throws<TarnException>(() => AlertTemplate.Parse("{{subject}} {{nonsense}} {{x y}}"));
        Assert.Contains("{{nonsense}}, {{x y}}", error.Message, StringComparison.Ordinal);
        Assert.Contains("subject", error.Rule, StringComparison.Ordinal);
        Assert.Contains("interval", error.Rule, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_words_of_a_channel_lie_above_those_of_a_kind_and_those_above_the_alerts_own()
    {
        var plain = new ScriptedChannel("plain");
        var own = new ScriptedChannel("own", new AlertChannelOptions { Wording = new AlertWording { Title = AlertTemplate.Parse("[{{kind}}] {{subject}}") } });
        using var directory = new TemporaryDirectory(inMemory: true);
        var time = new ManualTimeProvider();
        await using var world = await AlertWorld.OpenAsync(MetadataStore.Open(directory.Combine("meta.db"), time, NullLoggerFactory.Instance), time);
        await world.UseAsync(new AlertChannels(
            [plain, own],
            ["plain", "own"],
            new Dictionary<string, AlertWording> { [AlertKinds.Failure] = new() { Title = AlertTemplate.Parse("Oh no: {{title}}"), Text = AlertTemplate.Parse("{{error}} in {{run}}") } }));
        await world.FailAsync("orders");
        await world.AddAsync(new Alert { Kind = AlertKinds.Recovered, Severity = AlertSeverity.Info, Subject = "orders", OccurredAt = world.Time.GetUtcNow() });
        await world.DeliverAsync("plain");
        await world.DeliverAsync("own");
        Assert.Equal(["Oh no: orders failed", "orders works again"], plain.Messages.Select(static m => m.Title));
        Assert.Equal(["[failure] orders", "[recovered] orders"], own.Messages.Select(static m => m.Title));
        Assert.Equal(("It broke. in r1", "task"), (own.Messages[0].Text, Assert.Single(own.Messages[0].Fields).Key));
    }

    [Theory]
    [InlineData("failure", "orders failed")]
    [InlineData("retry", "orders is tried again")]
    [InlineData("sla_missed", "orders is late")]
    [InlineData("recovered", "orders works again")]
    [InlineData("disk_full", "orders: disk full")]
    public void Each_kind_has_a_title(string kind, string title) => Assert.Equal(title, AlertKinds.TitleOf(kind, "orders"));
}
