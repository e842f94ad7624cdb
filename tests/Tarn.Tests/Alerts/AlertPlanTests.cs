using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Xunit;

namespace Tarn.Tests;

public sealed class AlertPlanTests
{
    [Fact]
    public void Without_configuration_there_are_log_and_console_and_both_are_the_default()
    {
        var channels = Channels([]);
        Assert.Equal(["log", "console"], channels.All.Select(static c => c.Type));
        Assert.Equal(["log", "console"], channels.Default);
        Assert.All(channels.All, static c => Assert.Equal(TimeSpan.Zero, c.Options.GroupWindow));
    }

    [Fact]
    public void Every_type_can_be_configured()
    {
        var channels = Channels(new()
        {
            ["Alerts:Channels:hook:Type"] = "webhook",
            ["Alerts:Channels:hook:Url"] = "https://example.org/in",
            ["Alerts:Channels:hook:Secret"] = "s",
            ["Alerts:Channels:hook:Headers:Authorization"] = "Bearer x",
            ["Alerts:Channels:Discord:Url"] = "https://discord.com/api/webhooks/1/x",
            ["Alerts:Channels:slack:Url"] = "https://hooks.slack.com/services/T/B/x",
            ["Alerts:Channels:slack:GroupWindow"] = "5m",
            ["Alerts:Channels:slack:MessagesPerMinute"] = "3",
            ["Alerts:Channels:slack:Timeout"] = "5s",
            ["Alerts:Channels:slack:Title"] = "{{subject}}!",
            ["Alerts:Channels:email:Host"] = "mail.example.org",
            ["Alerts:Channels:email:From"] = "tarn@example.org",
            ["Alerts:Channels:email:To"] = "a@example.org, b@example.org",
            ["Alerts:Channels:audit:Type"] = "log",
            ["Alerts:Templates:failure:Title"] = "{{subject}} {{error}}",
            ["Alerts:Default"] = "slack,email",
            ["Alerts:MaximumAge"] = "6h",
            ["Alerts:ConsoleUrl"] = "https://tarn.example.org/x/",
        });
        Assert.Equal(["audit", "console", "discord", "email", "hook", "log", "slack"], channels.All.Select(static c => c.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["slack", "email"], channels.Default);
        var slack = channels.Get("slack").Options;
        Assert.Equal((TimeSpan.FromMinutes(5), 3, TimeSpan.FromSeconds(5)), (slack.GroupWindow, slack.MessagesPerMinute, slack.Timeout));
    }

    [Fact]
    public void The_example_of_the_guide_is_one()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Tarn.slnx")))
        {
            folder = folder.Parent!;
        }

        var example = File.ReadAllText(Path.Combine(folder.FullName, "docs", "alerts.md")).Split("```json", 2)[1].Split("```", 2)[0];
        var errors = new List<OptionError>();
        using var json = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(example));
        var plan = AlertPlan.Read(new ConfigurationBuilder().AddJsonStream(json).Build(), errors);
        Assert.Empty(errors);
        using var channels = plan.Build(new AlertChannelParts(NullLoggerFactory.Instance, new Notices(TimeProvider.System), TimeProvider.System, []));
        Assert.Equal(["console", "discord", "email", "log", "log", "slack", "webhook"], channels.All.Select(static c => c.Type).Order(StringComparer.Ordinal));
        Assert.Equal(["log", "console", "team"], channels.Default);
    }

    [Fact]
    public void None_is_no_channel_at_all() => Assert.Empty(Channels(new() { ["Alerts:Default"] = "none" }).Default);

    [Fact]
    public void All_errors_are_found_at_once_and_no_secret_is_told()
    {
        var errors = Errors(
            new()
            {
                ["Alerts:MaximumAge"] = "1s",
                ["Alerts:Default"] = "log,pager",
                ["Alerts:Channels:pager:Type"] = "pigeon",
                ["Alerts:Channels:hook:Type"] = "webhook",
                ["Alerts:Channels:hook:Url"] = "no-url-but-SECRET1",
                ["Alerts:Channels:hook:Headers:Content-Type"] = "SECRET2",
                ["Alerts:Channels:slack:Uri"] = "https://hooks.slack.com/services/SECRET3",
                ["Alerts:Channels:discord:Url"] = "ftp://host/SECRET4",
                ["Alerts:Channels:discord:MessagesPerMinute"] = "0",
                ["Alerts:Channels:email:Host"] = "mail.example.org",
                ["Alerts:Channels:email:From"] = "nobody",
                ["Alerts:Channels:email:User"] = "u",
                ["Alerts:Channels:email:Password"] = "SECRET5",
                ["Alerts:Channels:email:StartTls"] = "no",
                ["Alerts:Channels:no way:Type"] = "log",
                ["Alerts:Channels:log:Title"] = "{{subjekt}}",
                ["Alerts:Templates:failure:Text"] = "{{reason}}",
                ["Alerts:Templates:failure:Color"] = "red",
                ["Alerts:Sound"] = "loud",
                ["Alerts:ConsoleUrl"] = "tarn",
            },
            out var message);
        Assert.Equal(
            [
                "Alerts", "Alerts:Channels:discord:MessagesPerMinute", "Alerts:Channels:email:From", "Alerts:Channels:email:StartTls", "Alerts:Channels:email:To",
                "Alerts:Channels:hook:Headers:Content-Type", "Alerts:Channels:hook:Url", "Alerts:Channels:log:Title", "Alerts:Channels:no way", "Alerts:Channels:pager:Type",
                "Alerts:Channels:slack:Uri", "Alerts:Channels:slack:Url", "Alerts:ConsoleUrl", "Alerts:Sound", "Alerts:Templates:failure:Color", "Alerts:Templates:failure:Text",
            ],
            errors.Order(StringComparer.Ordinal));
        Assert.DoesNotContain("SECRET", message, StringComparison.Ordinal);
        Assert.Contains("{{subjekt}}, which there is not; a placeholder is one of id, kind", message, StringComparison.Ordinal);
        Assert.Contains("{{reason}}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_with_which_alerts_would_be_lost_are_errors()
    {
        Assert.Equal(["Alerts"], Errors(new() { ["Alerts:MaximumAge"] = "2d", ["Alerts:Kept"] = "1d" }, out var message));
        Assert.Contains("Alerts:Kept is 1.00:00:00; it is not less than Alerts:MaximumAge (2.00:00:00)", message, StringComparison.Ordinal);

        // The window of one is its default, a minute; `log` and `console` have none.
        var windows = new Dictionary<string, string?>
        {
            ["Alerts:MaximumAge"] = "1m",
            ["Alerts:Channels:slack:Url"] = "https://hooks.slack.com/services/x",
            ["Alerts:Channels:discord:Url"] = "https://discord.com/api/webhooks/x",
            ["Alerts:Channels:discord:GroupWindow"] = "10m",
            ["Alerts:Channels:webhook:Url"] = "https://host/x",
            ["Alerts:Channels:webhook:GroupWindow"] = "59s",
        };
        Assert.Equal(["Alerts:Channels:discord:GroupWindow", "Alerts:Channels:slack:GroupWindow"], Errors(windows, out message).Order(StringComparer.Ordinal));
        Assert.Contains("GroupWindow is 00:10:00; it is less than Alerts:MaximumAge (00:01:00)", message, StringComparison.Ordinal);
        Assert.Contains("GroupWindow is 00:01:00; it is less than Alerts:MaximumAge (00:01:00)", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Alerts:Channels:x:Url", "https://h/secret", "••••••")]
    [InlineData("Alerts:Channels:x:Urll", "https://h/secret", "••••••")]
    [InlineData("Alerts:Channels:x:Headers:X-Key", "secret", "••••••")]
    [InlineData("alerts:channels:x:password", "secret", "••••••")]
    [InlineData("Alerts:Channels:x:Type", "slack", "slack")]
    [InlineData("Alerts:Channels:x:To:0", "a@example.org", "a@example.org")]
    [InlineData("Alerts:Default", "log", "log")]
    public void Of_a_channel_only_the_harmless_is_shown(string key, string value, string shown) => Assert.Equal(shown, Secrets.Mask(key, value));

    private static AlertChannels Channels(Dictionary<string, string?> values)
    {
        var errors = new List<OptionError>();
        var plan = AlertPlan.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), errors);
        Assert.Empty(errors);
        return plan.Build(new AlertChannelParts(NullLoggerFactory.Instance, new Notices(TimeProvider.System), TimeProvider.System, []));
    }

    private static List<string> Errors(Dictionary<string, string?> values, out string message)
    {
        var errors = new List<OptionError>();
        AlertPlan.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), errors);
        message = OptionError.ToException(errors, static _ => null).Message;
        return [.. errors.Select(static e => e.Key)];
    }
}
