using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Tarn.Registry.Tests;

/// <summary>Runs the tests, or, where the crash test starts it, the process that is to be killed.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => args switch
    {
        [RegisteringProcess.Verb, var folder] => RegisteringProcess.RunAsync(folder),
        _ when args.Contains("--server") || args.Contains("--internal-msbuild-node") => TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
        _ => ConsoleRunner.Run(args),
    };
}
