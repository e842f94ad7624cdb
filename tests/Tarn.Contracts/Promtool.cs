using System.Diagnostics;
using Xunit;

namespace Tarn.Contracts;

/// <summary>Prometheus's own judge of pages of metrics.</summary>
public static class Promtool
{
    private const string Path = "/usr/bin/promtool";

    /// <summary>
    /// Fails where a page is not Prometheus's text format, or where a name that begins so is not as Prometheus advises; names that others have chosen (Triton's, .NET's) it may complain of. Skips
    /// the test where promtool is not installed.
    /// </summary>
    public static async Task CheckAsync(string page, string own, CancellationToken cancellation)
    {
        Assert.SkipUnless(File.Exists(Path), "promtool is not installed; it is in Debian's package prometheus.");
        using var judge = Process.Start(new ProcessStartInfo(Path, ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = judge.StandardError.ReadToEndAsync(cancellation);
        var printed = judge.StandardOutput.ReadToEndAsync(cancellation);
        await judge.StandardInput.WriteAsync(page.AsMemory(), cancellation);
        judge.StandardInput.Close();
        await judge.WaitForExitAsync(cancellation);
        var lines = (await said + await printed).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        // 3: it can be read, but something of it is not as advised.
        Assert.True(judge.ExitCode is 0 or 3, string.Join('\n', lines));
        Assert.DoesNotContain(lines, line => line.StartsWith(own, StringComparison.Ordinal));
    }
}
