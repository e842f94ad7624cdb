using System.ComponentModel;
using System.Diagnostics;

namespace Tarn;

/// <summary>The person's web browser.</summary>
internal static class Browser
{
    /// <summary>Opens a page; where there is no browser, nothing happens: the address is on the terminal.</summary>
    public static void Open(Uri url)
    {
        var (program, arguments) = OperatingSystem.IsWindows() ? ("cmd", $"/c start {url}") : OperatingSystem.IsMacOS() ? ("open", url.ToString()) : ("xdg-open", url.ToString());
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false });
        }
        catch (Win32Exception)
        {
            // No such program here.
        }
    }
}
