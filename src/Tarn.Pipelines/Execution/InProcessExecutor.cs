using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Lake;

namespace Tarn.Pipelines;

/// <summary>Runs the code of attempts in this process, on the thread pool, with a service scope each.</summary>
internal sealed class InProcessExecutor(PipelineCatalog pipelines, IServiceScopeFactory scopes, ILoggerFactory loggers, TaskScheduler codeScheduler, TimeProvider time) : TaskExecutor
{
    private const int LargestResult = 1 << 20;

    public override string Name => TaskDefinition.InProcess;

    public override async Task<AttemptReport> ExecuteAsync(AttemptOrder order, AttemptListener listener, CancellationToken cancellation)
    {
        var task = pipelines.Get(order.Pipeline).FindTask(order.Task)!;
        var log = new AttemptLog(listener);
        var context = ContextOf(order, listener, log, cancellation);
        try
        {
            var result = await CallAsync(task, context, order, log);
            return task.Kind == TaskKind.Sensor ? Looked(task.Sensor!, order, result is true) : AttemptReport.Success(task.ResultType is not null && (task.KeepsResult || task.Cache is not null) ? Write(task, result) : null);
        }
        catch (TaskException skip) when (skip.Failure == TaskFailure.Skip)
        {
            context.Log.LogSkipped(skip.Message);
            return new AttemptReport { Ending = AttemptEnding.Skipped, Error = skip.Message };
        }
        catch (TaskException later) when (later.Failure == TaskFailure.Defer)
        {
            return new AttemptReport { Ending = AttemptEnding.Deferred, DeferFor = later.RetryAfter };
        }
        catch (Exception error)
        {
            // Whatever the task's code throws is the attempt's outcome.
            var text = AttemptOutcome.Describe(error);
            if (!cancellation.IsCancellationRequested)
            {
                context.Log.LogFailure(error, text);
            }

            return new AttemptReport
            {
                Ending = error is TaskException { Failure: TaskFailure.Final } ? AttemptEnding.FailedForGood : AttemptEnding.Failed,
                Error = error is OperationCanceledException && cancellation.IsCancellationRequested ? null : text,
                RetryAfter = TaskException.FindRetryAfter(error),
            };
        }
    }

    private async Task<object?> CallAsync(TaskDefinition task, TaskContext context, AttemptOrder order, AttemptLog log)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await Task.Factory.StartNew(
            () =>
            {
                AttemptLog.Current.Value = log;
                LakeWriteScope.Begin(order.WriteId, order.WriteVersion);
                return task.Code!.InvokeAsync(new AttemptScope(scope.ServiceProvider, context, new AttemptInput(order.Results, order.Item, order.Parameters)));
            },
            CancellationToken.None,
            // In the order of their starts, before what follows from the ends of those that started earlier: where many are due at once, none waits for the others' ends.
            TaskCreationOptions.DenyChildAttach | TaskCreationOptions.PreferFairness,
            codeScheduler).Unwrap();
    }

    private TaskContext ContextOf(AttemptOrder order, AttemptListener listener, AttemptLog log, CancellationToken cancellation) => new()
    {
        Pipeline = order.Pipeline,
        RunId = order.RunId,
        RunNumber = order.RunNumber,
        QueuedAt = order.QueuedAt,
        Task = order.Name,
        Attempt = order.Attempt,
        LogicalDate = order.LogicalDate,
        DataInterval = order.DataInterval,
        Trigger = order.Trigger,
        Parameters = order.Parameters,
        Listener = listener,
        Log = new AttemptLogger(log, $"{order.Pipeline}.{order.Name}", loggers.CreateLogger($"Tarn.Pipelines.Tasks.{order.Pipeline}.{order.Task}")),
        CancellationToken = cancellation,
    };

    /// <summary>A sensor's time-out falls on a look: the last one comes no later than it, and what is there then counts.</summary>
    private AttemptReport Looked(SensorPolicy sensor, AttemptOrder order, bool found)
    {
        if (found)
        {
            return AttemptReport.Success(null);
        }

        var left = sensor.Timeout is { } limit ? limit - (time.GetUtcNow() - order.Since) : sensor.Every;
        return left > TimeSpan.Zero
            ? new AttemptReport { Ending = AttemptEnding.Deferred, DeferFor = left < sensor.Every ? left : sensor.Every }
            : new AttemptReport
            {
                Ending = sensor.SkipOnTimeout ? AttemptEnding.Skipped : AttemptEnding.FailedForGood,
                Error = $"It has not come to pass within the sensor's time-out of {sensor.Timeout}.",
            };
    }

    private static string Write(TaskDefinition task, object? result)
    {
        var json = JsonSerializer.Serialize(result, task.ResultType!, PipelineJson.Options);
        return json.Length <= LargestResult
            ? json
            : throw TaskException.Final($"The result has {json.Length} characters, and at most {LargestResult} are kept; put it into a table or a file, and return its name.");
    }
}
