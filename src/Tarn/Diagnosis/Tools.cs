using System.ComponentModel;
using System.Diagnostics;

namespace Tarn;

/// <summary>Programs of the machine.</summary>
internal static class Tools
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>What <c>TOOL --version</c> says, without a leading v; null where there is no such tool or it does not answer.</summary>
    public static async Task<string?> VersionAsync(string tool, CancellationToken cancellation)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(tool, "--version") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false });
            if (process is null)
            {
                return null;
            }

            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(Patience);
            var output = await process.StandardOutput.ReadToEndAsync(patience.Token).ConfigureAwait(false);
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            return process.ExitCode == 0 ? output.Trim().TrimStart('v') : null;
        }
        catch (Exception exception) when (exception is Win32Exception || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }
}
