using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tarn.Lake;

namespace Tarn.Pipelines;

/// <summary>
/// Whose the table writes of an attempt are, as their transactions' application; the run's number is the version. All attempts of a run write once, and a later run of the interval anew.
/// A table knows one version of an application, the last: what may be written at the same time, or in another order than the runs were made, needs an application of its own.
/// </summary>
internal static class WriteIds
{
    private const string Callers = "of ";

    /// <summary>The application.</summary>
    /// <param name="run">The run.</param>
    /// <param name="task">The name in the run: the task's, or of a call of a mapped one.</param>
    /// <param name="kind">The task's kind.</param>
    public static string IdOf(RunRow run, string task, TaskKind kind)
    {
        var interval = run.Interval;
        var id = new StringBuilder(run.Pipeline).Append('/');
        if (interval.End > interval.Start)
        {
            id.Append(CultureInfo.InvariantCulture, $"{interval.Start.UtcDateTime:yyyyMMdd'T'HHmmss.FFFFFF}-{interval.End.UtcDateTime:yyyyMMdd'T'HHmmss.FFFFFF}");
        }
        else
        {
            id.Append(run.Id);
        }

        id.Append('/').Append(task);
        if (run.Callers is { } callers)
        {
            id.Append('/').Append(Callers).Append(callers);
        }

        if (run.Parameters is { } parameters)
        {
            id.Append("/with ").Append(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(parameters)).AsSpan(0, 8)));
        }

        if (run.Retried > 0 && kind is (TaskKind.Setup or TaskKind.Teardown))
        {
            // A setup that is done again with a run that is tried again puts back what the teardown has taken away.
            id.Append(CultureInfo.InvariantCulture, $"/again {run.Retried}");
        }

        return id.ToString();
    }

    /// <summary>Whether an application of a commit is that of a pipeline's own tasks, or of a sub-pipeline's that one of them called, however many lie between.</summary>
    /// <param name="application">The application, of any commit.</param>
    /// <param name="pipeline">The pipeline's name.</param>
    public static bool IsOf(string application, string pipeline)
    {
        if (!application.StartsWith(LakeWriteScope.Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var parts = application[LakeWriteScope.Prefix.Length..].Split('/');
        return parts[0] == pipeline
            || Array.Find(parts, static p => p.StartsWith(Callers, StringComparison.Ordinal)) is { } callers
                && callers[Callers.Length..].Split('>').Any(caller => caller.StartsWith($"{pipeline}.", StringComparison.Ordinal));
    }
}
