using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Tarn.Pipelines;

namespace Tarn;

/// <summary>Runs of pipelines.</summary>
internal static class RunsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/runs").WithTags("runs");
        group.MapGet("/", static async (
            string? pipeline, string? state, string? trigger, string? backfill, int? limit, string? before, Orchestrator orchestrator, CancellationToken cancellation) =>
        {
            var filter = new RunFilter
            {
                Pipeline = pipeline is null ? null : orchestrator.Pipelines.Get(pipeline).Name,
                State = RunViews.ParseState(state),
                Trigger = RunViews.ParseTrigger(trigger),
                Backfill = backfill,
                Before = before,
                Limit = Require.Range("limit", limit ?? 50, 1, 1000),
            };
            return TypedResults.Ok<IReadOnlyList<RunView>>([.. (await orchestrator.ListRunsAsync(filter, cancellation)).Select(RunViews.Of)]);
        })
            .WithSummary("Runs, newest first; page with before = the last id.").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{id}", static async (string id, Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Ok(RunViews.Of(await orchestrator.GetRunAsync(id, cancellation))))
            .WithSummary("One run with its tasks and attempts.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{id}/logs", static async (string id, string? task, int? attempt, long? after, int? limit, Orchestrator orchestrator, CancellationToken cancellation) =>
        {
            var filter = new LogFilter { Task = task, Attempt = attempt, After = Require.AtLeast("after", after ?? 0, 0), Limit = Require.Range("limit", limit ?? 1000, 1, 10_000) };
            return TypedResults.Ok<IReadOnlyList<LogLineView>>([.. (await orchestrator.ReadLogsAsync(id, filter, cancellation)).Select(RunViews.Of)]);
        })
            .WithSummary("What the run's attempts logged, oldest first; go on with after = the last seq.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{id}/logs/stream", LogStream.AnswerAsync)
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream")
            .WithSummary("What the run's attempts log, as it is logged, as server-sent events: line with a log line and its seq as id; end, the last, when the run has ended and all lines are sent.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{id}/cancel", static async (string id, Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Accepted($"/api/v1/runs/{id}", RunViews.Of(await orchestrator.CancelAsync(id, cancellation))))
            .WithSummary("Cancels a run.").ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPost("/{id}/retry", static async (string id, Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Accepted($"/api/v1/runs/{id}", RunViews.Of(await orchestrator.RetryAsync(id, cancellation))))
            .WithSummary("Runs the tasks of an ended run that did not succeed again.").ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPost("/{id}/take-up", static async (string id, Orchestrator orchestrator, CancellationToken cancellation) =>
            TypedResults.Accepted($"/api/v1/runs/{id}", RunViews.Of(await orchestrator.TakeUpAsync(id, cancellation))))
            .WithSummary("Goes on with a queued run that a process left behind when it ended; a server does so by itself.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{id}/wait", static async (string id, double? timeoutSeconds, Orchestrator orchestrator, IHostApplicationLifetime lifetime, HttpContext http) =>
        {
            var timeout = TimeSpan.FromSeconds(Require.Range("timeoutSeconds", timeoutSeconds ?? 30, 0, 300));
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
            return TypedResults.Ok(RunViews.Of(await orchestrator.WaitAsync(id, timeout, stop.Token)));
        })
            .WithSummary("Waits until the run has ended, or the time is up, and says how it is then.").ProducesProblem(StatusCodes.Status404NotFound);
    }
}
