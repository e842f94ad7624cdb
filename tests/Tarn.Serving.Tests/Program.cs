using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Tarn.Serving.Tests;

/// <summary>Runs the tests, or, where the kill test starts it, the process that is to be killed.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => args switch
    {
        [RecordingProcess.Verb, var folder, var first] => RecordingProcess.RunAsync(folder, first),
        _ when args.Contains("--server") || args.Contains("--internal-msbuild-node") => TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
        _ => ConsoleRunner.Run(args),
    };
}
