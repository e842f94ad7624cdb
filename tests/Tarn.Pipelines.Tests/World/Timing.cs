using System.Diagnostics;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>How long things take: the best of several turns, so that the machine's other work does not count.</summary>
internal static class Timing
{
    /// <summary>Fails where no turn stays within a time; says how long the best took.</summary>
    public static async Task WithinAsync(ITestOutputHelper output, string what, double milliseconds, Func<int, Task> turn)
    {
        var best = double.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await turn(i);
            best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        output.WriteLine($"{what}: {best:F2} ms");
        Assert.True(best < milliseconds, $"{what}: {best:F2} ms at best, and it may take {milliseconds} ms");
    }
}
