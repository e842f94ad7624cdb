using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Tarn;

/// <summary><c>runs logs</c>: what a run's tasks logged, or log.</summary>
internal static class RunLogs
{
    public static Command Create(CommandLine cli, Argument<string> id)
    {
        var task = new Option<string?>("--task") { Description = "Only lines of this task.", HelpName = "T" };
        var attempt = new Option<int?>("--attempt") { Description = "Only lines of the attempt of this number.", HelpName = "N" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with the lines as they are written, until the run has ended; with --json one object a line." };
        return cli.Verb(
            "logs",
            "Print what a run's tasks logged.",
            ["{0} runs logs 0199c0…", "{0} runs logs 0199c0… --task fetch --attempt 2", "{0} runs logs 0199c0… --follow"],
            call =>
            {
                var query = call.Value(task) is { } t ? $"&task={VerbCall.Escape(t)}" : "";
                query += call.Value(attempt) is { } n ? string.Create(CultureInfo.InvariantCulture, $"&attempt={n}") : "";
                var path = $"/api/v1/runs/{VerbCall.Escape(call.Value(id))}/logs";
                return call.Value(follow) ? FollowAsync(call, $"{path}/stream?after=0{query}") : PrintAsync(call, path, query);
            },
            id,
            task,
            attempt,
            follow);
    }

    private static async Task<int> PrintAsync(VerbCall call, string path, string query)
    {
        var after = 0L;
        var all = new List<LogLineView>();
        while (true)
        {
            var page = await call.Api.GetBytesAsync(string.Create(CultureInfo.InvariantCulture, $"{path}?after={after}{query}"), call.Cancellation).ConfigureAwait(false);
            var lines = VerbCall.Read(page, ApiJson.Default.IReadOnlyListLogLineView);
            if (lines.Count == 0)
            {
                break;
            }

            all.AddRange(lines);
            after = lines[^1].Seq;
        }

        return call.Show(JsonSerializer.SerializeToUtf8Bytes(all, ApiJson.Default.IReadOnlyListLogLineView), ApiJson.Default.IReadOnlyListLogLineView, lines =>
        {
            if (lines.Count == 0)
            {
                call.Terminal.Out.WriteLine("Nothing was logged.");
            }

            foreach (var line in lines)
            {
                Write(call.Terminal, line);
            }
        });
    }

    private static async Task<int> FollowAsync(VerbCall call, string path)
    {
        try
        {
            await foreach (var (name, data) in call.Api.EventsAsync(path, call.Cancellation).ConfigureAwait(false))
            {
                if (name == "end")
                {
                    var end = JsonSerializer.Deserialize(data, ApiJson.Default.LogEndView)!;
                    if (!call.Options.Json)
                    {
                        call.Terminal.Error.WriteLine($"The run has ended: {end.State}.");
                    }

                    return end.State == "success" ? 0 : 1;
                }

                if (call.Options.Json)
                {
                    call.Terminal.Out.WriteLine(data);
                }
                else
                {
                    Write(call.Terminal, JsonSerializer.Deserialize(data, ApiJson.Default.LogLineView)!);
                }

                call.Terminal.Out.Flush();
            }
        }
        catch (OperationCanceledException) when (call.Cancellation.IsCancellationRequested)
        {
            // Ctrl-C is how a follow ends.
            return 0;
        }

        call.Terminal.Error.WriteLine("The server ended the stream before the run has ended.");
        return 1;
    }

    private static void Write(Terminal terminal, LogLineView line)
    {
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Instants.Show(line.At)} {line.Level,-11} {line.Task}/{line.Attempt}  {line.Message}"));
        if (line.Exception is not null)
        {
            terminal.Out.WriteLine(line.Exception);
        }
    }
}
