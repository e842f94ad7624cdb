using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Tarn;

/// <summary><c>version</c>.</summary>
internal static class VersionVerb
{
    public static Command Create(CommandLine cli)
    {
        var command = CommandLine.Plain("version", "Print Tarn's version and the runtime's.", ["{0} version", "{0} version --json"]);
        command.SetAction(parse =>
        {
            var view = new VersionView(TarnApp.Version, RuntimeInformation.FrameworkDescription, RuntimeInformation.RuntimeIdentifier);
            cli.Terminal.Out.WriteLine(cli.Global.Read(parse).Json
                ? JsonSerializer.Serialize(view, ApiJson.Plain.VersionView)
                : $"Tarn {view.Version} on {view.Runtime}, {view.System}");
            return 0;
        });
        return command;
    }
}
