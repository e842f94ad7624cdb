using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Pipelines;

namespace Tarn;

/// <summary>Runs a SQL model as a task of a pipeline.</summary>
internal static partial class ModelTask
{
    /// <remarks>
    /// The run is stored with the rows: under pipeline and task, by the time at which it was made, which all of its attempts share and which a later run's is after.
    /// </remarks>
    public static async Task RunAsync(ModelRunner runner, SqlModel model, TaskContext run)
    {
        var options = new ModelRunOptions { Run = new AppTransaction($"models/{run.Pipeline}/{run.Task}", Microseconds(run.QueuedAt)) };
        ModelResult result;
        try
        {
            result = await runner.RunAsync(model.Name, options, run.CancellationToken).ConfigureAwait(false);
        }
        catch (TarnException error) when (error.Kind == ErrorKind.InvalidInput)
        {
            // The same rows fail the same way: another attempt would mend nothing.
            throw TaskException.Final(error.Message, error);
        }

        foreach (var test in result.Tests.Where(static t => t.FailingRows > 0))
        {
            Failing(run.Log, model.Name, test.ToString());
        }

        run.Report("action", ModelNames.Of(result.Action));
        run.Report("rows", result.Rows);
        run.Report("tests", result.Tests.Count);
        run.Report("warnings", result.Tests.Count(static t => t.FailingRows > 0));
        if (result.Version is { } version)
        {
            run.Report("version", version);
        }
    }

    private static long Microseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    [LoggerMessage(7060, LogLevel.Warning, "Model {Model}: the test {Test}")]
    private static partial void Failing(ILogger log, string model, string test);
}

/// <summary>Words of models as surfaces say them.</summary>
internal static class ModelNames
{
    public static string Of(ModelAction action) => action switch
    {
        ModelAction.Replaced => "replaced",
        ModelAction.Merged => "merged",
        ModelAction.ViewStored => "view_stored",
        _ => "unchanged",
    };

    public static string Of(Materialization materialization) => materialization switch
    {
        Materialization.Table => "table",
        Materialization.Incremental => "incremental",
        _ => "view",
    };
}
