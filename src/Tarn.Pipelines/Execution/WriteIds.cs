using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tarn.Pipelines;

/// <summary>
/// What the table writes of an attempt carry as their transaction: application and version. All attempts of a run write once, with those of the sub-pipelines that it calls, and a later run of the
/// interval anew. A table knows one version of an application, the last: what may be written at the same time, or in another order than the runs were made, needs an application of its own.
/// </summary>
internal static class WriteIds
{
    private const string Instants = "yyyyMMdd'T'HHmmss.FFFFFF";

    public static string IdOf(RunRow run, string task)
    {
        var interval = run.Interval;
        var id = new StringBuilder(run.Pipeline).Append('/');
        if (interval.End > interval.Start)
        {
            id.Append(CultureInfo.InvariantCulture, $"{interval.Start.UtcDateTime.ToString(Instants, CultureInfo.InvariantCulture)}-{interval.End.UtcDateTime.ToString(Instants, CultureInfo.InvariantCulture)}");
        }
        else if (run.Root is { } root)
        {
            // The run of a sub-pipeline that is called again is another one, and the same work.
            id.Append(CultureInfo.InvariantCulture, $"run {root}");
        }
        else
        {
            id.Append(run.Id);
        }

        id.Append('/').Append(task);
        if (run.Callers is { } callers)
        {
            id.Append("/of ").Append(callers);
        }

        if (run.Parameters is { } parameters)
        {
            id.Append("/with ").Append(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(parameters)).AsSpan(0, 8)));
        }

        return id.ToString();
    }

    /// <summary>The run's number that counts: a sub-pipeline writes as a part of the topmost run.</summary>
    public static long NumberOf(RunRow run) => run.Root ?? run.Seq;
}
