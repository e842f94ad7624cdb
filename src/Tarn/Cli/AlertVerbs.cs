using System.CommandLine;
using System.Globalization;

namespace Tarn;

/// <summary><c>alerts …</c>.</summary>
internal static class AlertVerbs
{
    public static Command Create(CommandLine cli) => CommandLine.Noun(
        "alerts",
        "Alerts: what was told to whom, and whether it arrived.",
        ["{0} alerts list", "{0} alerts channels", "{0} alerts test slack"],
        List(cli),
        Channels(cli),
        Test(cli));

    private static Command List(CommandLine cli)
    {
        var limit = new Option<int>("--limit") { Description = "At most so many; 1 to 1000.", DefaultValueFactory = static _ => 20, HelpName = "N" };
        var before = new Option<string?>("--before") { Description = "Go on after the alert of this id.", HelpName = "ID" };
        return cli.Verb(
            "list",
            "List the alerts, newest first, with what became of each at each channel.",
            ["{0} alerts list", "{0} alerts list --limit 100 --json | jq '.[] | select(.deliveries[].state == \"undelivered\")'"],
            call => call.ShowAsync(
                $"/api/v1/alerts?limit={call.Value(limit).ToString(CultureInfo.InvariantCulture)}{(call.Value(before) is { } id ? $"&before={VerbCall.Escape(id)}" : "")}",
                ApiJson.Default.IReadOnlyListAlertView,
                alerts =>
                {
                    if (alerts.Count == 0)
                    {
                        call.Terminal.Out.WriteLine("There are no alerts.");
                        return;
                    }

                    var grid = new Grid("ALERT", "AT", "SEVERITY", "~TITLE", "~CHANNELS");
                    foreach (var a in alerts)
                    {
                        grid.AddWithState(2, a.Id, Grid.Time(a.OccurredAt), a.Severity, a.Title, string.Join(", ", a.Deliveries.Select(static d => $"{d.Channel} {d.State}")));
                    }

                    grid.Write(call.Terminal);
                }),
            limit,
            before);
    }

    private static Command Channels(CommandLine cli) => cli.Verb(
        "channels",
        "List the channels with how each is doing.",
        ["{0} alerts channels"],
        static call => call.ShowAsync("/api/v1/alerts/channels", ApiJson.Default.IReadOnlyListAlertChannelView, channels =>
        {
            var grid = new Grid("CHANNEL", "TYPE", "DEFAULT", ">QUEUE", "LAST SUCCESS", "LAST ERROR", "~ERROR");
            foreach (var c in channels)
            {
                grid.Add(c.Name, c.Type, c.IsDefault ? "yes" : "", Grid.Count(c.Queue), Grid.Time(c.LastSuccessAt), Grid.Time(c.LastErrorAt), c.LastError);
            }

            grid.Write(call.Terminal);
        }));

    private static Command Test(CommandLine cli)
    {
        var name = new Argument<string>("CHANNEL") { Description = "The channel's name; `alerts channels` shows them." };
        return cli.Verb(
            "test",
            "Send a test alert by a channel, and say how it went.",
            ["{0} alerts test slack"],
            async call =>
            {
                var answer = await call.Api.PostAsync($"/api/v1/alerts/channels/{VerbCall.Escape(call.Value(name))}/test", call.Cancellation).ConfigureAwait(false);
                call.Show(answer, ApiJson.Default.AlertTestView, test => call.Terminal.Out.WriteLine(test.Sent
                    ? $"{test.Channel} took the test alert.{(test.Error is null ? "" : $" {test.Error}")}"
                    : $"{test.Channel} did not take the test alert: {test.Error}"));
                return VerbCall.Read(answer, ApiJson.Default.AlertTestView).Sent ? 0 : 1;
            },
            name);
    }
}
