using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Tarn.Core;

namespace Tarn;

/// <summary><c>topics …</c>.</summary>
internal static class TopicVerbs
{
    private const int LinesPerRequest = 1000;

    public static Command Create(CommandLine cli) => CommandLine.Noun(
        "topics",
        "Topics: their partitions, offsets and records.",
        ["{0} topics list", "{0} topics tail earthquakes"],
        List(cli),
        Show(cli),
        Tail(cli),
        Produce(cli));

    private static Argument<string> Name() => new("TOPIC") { Description = "The topic's name; `topics list` shows them." };

    private static Command List(CommandLine cli) => cli.Verb(
        "list",
        "List the topics with their size and who reads them.",
        ["{0} topics list"],
        static call => call.ShowAsync("/api/v1/topics", ApiJson.Default.IReadOnlyListTopicView, topics =>
        {
            if (topics.Count == 0)
            {
                call.Terminal.Out.WriteLine("No topics yet.");
                return;
            }

            var grid = new Grid("TOPIC", ">PARTITIONS", ">RECORDS", ">SIZE", "LAST RECORD", "RETENTION", "~GROUPS (LAG)");
            foreach (var t in topics)
            {
                grid.Add(
                    t.Name,
                    Grid.Count(t.Partitions.Count),
                    Grid.Count(t.Records),
                    Sizes.Show(t.Bytes),
                    Grid.Time(t.Partitions.Max(static p => p.LastTimestamp)),
                    t.Retention ?? "for ever",
                    string.Join(", ", t.Groups.GroupBy(static g => g.Group).Select(static g => $"{g.Key} ({Grid.Count(g.Sum(static p => p.Lag))})")));
            }

            grid.Write(call.Terminal);
        }));

    private static Command Show(CommandLine cli)
    {
        var name = Name();
        return cli.Verb(
            "show",
            "Show one topic: its partitions and consumer groups.",
            ["{0} topics show earthquakes"],
            call => call.ShowAsync($"/api/v1/topics/{VerbCall.Escape(call.Value(name))}", ApiJson.Default.TopicView, t =>
            {
                call.Terminal.Out.WriteLine($"{t.Name}: {Grid.Count(t.Records)} records, {Sizes.Show(t.Bytes)}, kept {t.Retention ?? "for ever"}");
                var grid = new Grid(">PARTITION", ">LOW", ">HIGH", ">SIZE", "LAST RECORD");
                foreach (var p in t.Partitions)
                {
                    grid.Add(Grid.Count(p.Partition), Grid.Count(p.Low), Grid.Count(p.High), Sizes.Show(p.Bytes), Grid.Time(p.LastTimestamp));
                }

                grid.Write(call.Terminal);
                if (t.Groups.Count > 0)
                {
                    var groups = new Grid("GROUP", ">PARTITION", ">COMMITTED", ">LAG");
                    foreach (var g in t.Groups)
                    {
                        groups.Add(g.Group, Grid.Count(g.Partition), Grid.Count(g.Committed), Grid.Count(g.Lag));
                    }

                    groups.Write(call.Terminal);
                }
            }),
            name);
    }

    private static Command Tail(CommandLine cli)
    {
        var name = Name();
        var from = new Option<string?>("--from") { Description = "An offset (negative counts from the end), or a time (ISO 8601). Default the last 10 of each partition.", HelpName = "OFFSET|TIME" };
        var partition = new Option<int?>("--partition") { Description = "Only this partition.", HelpName = "N" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with records as they arrive, until Ctrl-C." };
        var limit = new Option<int>("--limit") { Description = "At most so many records of a partition (without --follow).", DefaultValueFactory = static _ => 1000, HelpName = "N" };
        return cli.Verb(
            "tail",
            "Print records, one line of JSON each.",
            ["{0} topics tail earthquakes", "{0} topics tail earthquakes --from 0 --limit 100", "{0} topics tail earthquakes --from 2026-11-22T00:00:00Z --follow"],
            call => new TopicTail(call, call.Value(name), call.Value(partition), call.Value(from) ?? "-10", call.Value(follow), call.Value(limit)).RunAsync(),
            name,
            from,
            partition,
            follow,
            limit);
    }

    private static Command Produce(CommandLine cli)
    {
        var name = Name();
        return cli.Verb(
            "produce",
            "Append records from standard input, one line of JSON each: {\"key\": …, \"value\": …, \"headers\": {…}}.",
            ["echo '{{\"key\":\"a\",\"value\":{{\"n\":1}}}}' | {0} topics produce notes", "{0} topics produce notes < records.ndjson"],
            async call =>
            {
                var path = $"/api/v1/topics/{VerbCall.Escape(call.Value(name))}/records";
                if (call.Terminal.InIsTerminal)
                {
                    call.Terminal.Error.WriteLine("Reading lines of JSON from the keyboard; Ctrl-D ends them.");
                }

                var offsets = new List<ProducedOffset>();
                var lines = new StringBuilder();
                var count = 0;
                while (await call.Terminal.In.ReadLineAsync(call.Cancellation).ConfigureAwait(false) is { } line)
                {
                    lines.Append(line).Append('\n');
                    if (++count == LinesPerRequest)
                    {
                        await FlushAsync().ConfigureAwait(false);
                    }
                }

                await FlushAsync().ConfigureAwait(false);
                var answer = JsonSerializer.SerializeToUtf8Bytes(new ProducedView(offsets), ApiJson.Default.ProducedView);
                return call.Show(answer, ApiJson.Default.ProducedView, p => call.Terminal.Out.WriteLine($"Appended {Grid.Count(p.Offsets.Count)} records to {call.Value(name)}."));

                async Task FlushAsync()
                {
                    if (count > 0)
                    {
                        var produced = await call.Api.PostLinesAsync(path, lines.ToString(), call.Cancellation).ConfigureAwait(false);
                        offsets.AddRange(VerbCall.Read(produced, ApiJson.Default.ProducedView).Offsets);
                        lines.Clear();
                        count = 0;
                    }
                }
            },
            name);
    }
}
