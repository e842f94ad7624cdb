using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Tarn.Core;

namespace Tarn;

/// <summary><c>endpoints rollout</c>.</summary>
internal static class RolloutVerb
{
    public static Command Create(CommandLine cli)
    {
        var (endpoint, reason) = (EndpointVerbs.Endpoint(), EndpointVerbs.Reason());
        var canary = new Option<string?>("--canary") { Description = "Start one: the version's number, or the alias, of what is to take over.", HelpName = "VERSION|ALIAS" };
        var stages = new Option<string?>("--stages") { Description = "The canary's shares in percent, ascending, by commas, the last 100. Default 1,5,25,50,100.", HelpName = "LIST" };
        var samples = new Option<long?>("--min-samples") { Description = "Requests that the canary answers in a stage before it may go on. Default 500.", HelpName = "N" };
        var most = new Option<string?>("--max-stage") { Description = "How long a stage may take before an alert is raised, as in 90m or 1d. Default a day.", HelpName = "TIME" };
        var pause = new Option<bool>("--pause") { Description = "Halt it: the split stays, nothing counts." };
        var resume = new Option<bool>("--resume") { Description = "Let it go on." };
        var abort = new Option<bool>("--abort") { Description = "End it: everything back to the control." };
        return cli.Verb(
            "rollout",
            "Start, halt, resume or end the rollout of a new version, which gets more and more of the requests while tests watch over it; without an option, show the rollouts that there were.",
            ["{0} endpoints rollout pizza --canary challenger", "{0} endpoints rollout pizza --canary 7 --stages 5,50,100 --min-samples 200 --max-stage 6h", "{0} endpoints rollout pizza --abort --reason \"Slow on phones\"", "{0} endpoints rollout pizza"],
            call =>
            {
                var name = call.Value(endpoint);
                string?[] asked = [call.Value(canary) is null ? null : "--canary", call.Value(pause) ? "--pause" : null, call.Value(resume) ? "--resume" : null, call.Value(abort) ? "--abort" : null];
                if (asked.Count(static a => a is not null) > 1)
                {
                    throw TarnException.InvalidInput("A rollout is started, halted, resumed or ended: one at a time.", string.Join(" ", asked.Where(static a => a is not null)), "Leave the others out.");
                }

                var verb = call.Value(pause) ? "pause" : call.Value(resume) ? "resume" : call.Value(abort) ? "abort" : null;
                return verb is not null ? ChangeAsync(call, name, verb, call.Value(reason))
                    : call.Value(canary) is { } target ? StartAsync(call, name, Body(target, call.Value(stages), call.Value(samples), call.Value(most), call.Value(reason)))
                    : ShowAsync(call, name);
            },
            endpoint,
            canary,
            stages,
            samples,
            most,
            pause,
            resume,
            abort,
            reason);
    }

    private static async Task<int> StartAsync(VerbCall call, string endpoint, RolloutBody body)
    {
        var answer = await call.Api.PostAsync($"{EndpointVerbs.Path(endpoint)}/rollout", body, ApiJson.Default.RolloutBody, call.Cancellation).ConfigureAwait(false);
        return call.Show(answer, ApiJson.Default.RolloutView, r => EndpointText.Write(call.Terminal, r));
    }

    private static async Task<int> ChangeAsync(VerbCall call, string endpoint, string verb, string? reason)
    {
        var answer = await call.Api.PostAsync($"{EndpointVerbs.Path(endpoint)}/rollout/{verb}", new ReasonBody(reason), ApiJson.Default.ReasonBody, call.Cancellation).ConfigureAwait(false);
        return call.Show(answer, ApiJson.Default.RolloutView, r => EndpointText.Write(call.Terminal, r));
    }

    private static Task<int> ShowAsync(VerbCall call, string endpoint) => call.ShowAsync($"{EndpointVerbs.Path(endpoint)}/rollouts?limit=50", ApiJson.Default.IReadOnlyListRolloutView, rollouts =>
    {
        if (rollouts.Count == 0)
        {
            call.Terminal.Out.WriteLine($"{endpoint} had no rollouts.");
            return;
        }

        if (rollouts[0].EndedAt is null)
        {
            EndpointText.Write(call.Terminal, rollouts[0]);
        }

        var grid = new Grid(">ID", "STATUS", ">VERSION", "STAGE", "STARTED", "?ENDED", "~REASON");
        foreach (var r in rollouts)
        {
            grid.Add(
                r.Id.ToString(CultureInfo.InvariantCulture), r.Status.Replace('_', ' '), r.CanaryVersion?.ToString(CultureInfo.InvariantCulture), EndpointText.Percent(r.Stages[r.Stage] / 100),
                Grid.Time(r.StartedAt), Grid.Time(r.EndedAt), r.Reason);
        }

        grid.Write(call.Terminal);
    });

    private static RolloutBody Body(string canary, string? stages, long? samples, string? most, string? reason) => new(
        JsonSerializer.SerializeToElement(canary, ApiJson.Default.String),
        stages?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Stage).ToList(),
        samples,
        most is null ? null : Durations.TryParse(most, out var time) ? time.TotalMinutes : throw TarnException.InvalidInput($"--max-stage is how long a stage may take. {Durations.Rule}", most),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        reason);

    private static double Stage(string text) => double.TryParse(text.TrimEnd('%'), NumberStyles.Float, CultureInfo.InvariantCulture, out var percent)
        ? percent
        : throw TarnException.InvalidInput("--stages are percentages, by commas.", text, "As in --stages 1,5,25,50,100.");
}
