using System.Text.Json;
using Tarn.Core;
using Tarn.Pipelines;

namespace Tarn;

/// <summary>Runs, their tasks and their logs, as the API says them.</summary>
internal static class RunViews
{
    public static RunView Of(RunSummary r) => new()
    {
        Id = r.Id,
        Pipeline = r.Pipeline,
        Trigger = r.Trigger.Name(),
        State = r.State.Name(),
        LogicalDate = r.LogicalDate,
        DataInterval = new IntervalView(r.DataInterval.Start, r.DataInterval.End),
        QueuedAt = r.QueuedAt,
        StartedAt = r.StartedAt,
        EndedAt = r.EndedAt,
        DurationMs = r.DurationMs,
        Error = r.Error,
        Parameters = r.Parameters,
        Cause = r.Cause,
        Parent = r.Parent,
        Backfill = r.Backfill,
        SlaMissed = r.SlaMissed,
        DefinitionHash = r.DefinitionHash,
    };

    public static RunDetailsView Of(RunDetails details) => new(Of(details.Run), [.. details.Tasks.Select(Of)]);

    public static LogLineView Of(AttemptLogLine line) =>
        new(line.Sequence, line.At, line.Task, line.Attempt, line.Level.ToString().ToLowerInvariant(), line.Message, line.Exception)
        {
            Category = line.Category,
            Fields = line.Fields is null ? null : JsonSerializer.Deserialize<Dictionary<string, string?>>(line.Fields),
        };

    public static RunState? ParseState(string? text) => text switch
    {
        null or "" => null,
        _ => StateNames.FindRunState(text.ToLowerInvariant()) ?? throw TarnException.InvalidInput("state is one of queued, running, success, failed, cancelled.", text),
    };

    public static RunTrigger? ParseTrigger(string? text) => text switch
    {
        null or "" => null,
        _ => StateNames.FindTrigger(text.ToLowerInvariant())
            ?? throw TarnException.InvalidInput("trigger is one of scheduled, manual, backfill, catch_up, data, repair, sub_pipeline.", text),
    };

    private static RunTaskView Of(TaskDetails t) => new(t.Name, t.After, t.State.Name(), t.RetryAt, [.. t.Attempts.Select(Of)])
    {
        Kind = t.Kind.Name(),
        Note = t.Note,
        Result = t.Result,
        MappedTask = t.MappedTask,
        Item = t.Item,
        ItemValue = t.ItemValue,
        SubRun = t.SubRun,
    };

    private static AttemptView Of(AttemptDetails a) => new(a.Number, a.State.Name(), a.StartedAt, a.EndedAt, a.DurationMs, a.Error, a.Reported) { Worker = a.Worker };
}
