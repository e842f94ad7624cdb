using System.Diagnostics;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>How long things take: the best of several turns. It is told, not asserted: machines are shared. The figures that hold are those of <c>./tarn bench</c>.</summary>
internal static class Timing
{
    /// <summary>Does it some times, and writes how long the best took.</summary>
    public static async Task TellAsync(ITestOutputHelper output, string what, Func<int, Task> turn)
    {
        var best = double.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await turn(i);
            best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        output.WriteLine($"{what}: {best:F2} ms");
    }
}
