using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Configuration;
using Tarn.Core;
using Tarn.Native;

namespace Tarn;

/// <summary>Looks at what the program needs: what is there, what is missing, what that means.</summary>
internal sealed class Doctor(ProgramPlan program, ProgramSurroundings surroundings, VerbOptions options)
{
    private const long LowDisk = 1L << 30;

    public async Task<DoctorView> ExamineAsync(CancellationToken cancellation)
    {
        var findings = new List<Finding> { Runtime() };
        findings.AddRange(NativeLibraries.Check().Select(static l => l.IsUsable
            ? new Finding(l.Name, "ok", $"{l.Version}, {l.Path}", null)
            : new Finding(l.Name, l.HasSubstitute ? "warning" : "missing", $"{l.Problem}. {l.Consequence}", l.Remedy)));
        var data = options.DataDirectory(program, surroundings);
        findings.Add(Directory(data));
        findings.Add(Disk(data));
        findings.Add(await ServerAsync(data, cancellation).ConfigureAwait(false));
        var settings = new List<SettingView>();
        try
        {
            var layers = ConfigurationLayers.Build(program.Configuration, data, surroundings.Environment, options.Settings());
            settings.AddRange(Settings(layers));
            findings.AddRange(await ConfigurationAsync(layers, data, settings.Count, cancellation).ConfigureAwait(false));
            findings.Add(Port(layers, data));
        }
        catch (TarnException exception)
        {
            findings.Add(new Finding("configuration", "missing", exception.Rule, exception.Remedy));
        }

        findings.Add(File.Exists(Path.Combine(AppContext.BaseDirectory, "console", "index.html"))
            ? new Finding("console", "ok", "built", null)
            : new Finding("console", "warning", "not built: the API works, the page at / says how to build it.", "./tarn up builds it, or: cd src/Tarn.Console/web && npm ci && npm run build."));
        findings.Add(await ToolAsync("node", "20", cancellation).ConfigureAwait(false));
        findings.Add(await ToolAsync("npm", null, cancellation).ConfigureAwait(false));
        return new DoctorView(findings.TrueForAll(static f => f.State != "missing"), findings, settings);
    }

    private static Finding Runtime() => new(
        "runtime", "ok", string.Create(CultureInfo.InvariantCulture, $"Tarn {TarnApp.Version}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}, {Environment.ProcessorCount} cores"), null);

    private static Finding Directory(string path)
    {
        if (!System.IO.Directory.Exists(path))
        {
            return new Finding("data directory", "ok", $"{path}, will be made by the first start", null);
        }

        var probe = Path.Combine(path, "doctor.tmp");
        try
        {
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return new Finding("data directory", "ok", $"{path}, can be written", null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Finding("data directory", "missing", $"{path} cannot be written: {exception.Message}", "Give this user the right to write there, or choose another with --data DIR.");
        }
    }

    private static Finding Disk(string path)
    {
        var existing = path;
        while (!System.IO.Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            existing = parent;
        }

        return DataDirectory.FreeBytes(existing) switch
        {
            null => new Finding("disk", "warning", "the system does not say how much is free", null),
            < DataDirectory.NeededBytes => new Finding("disk", "missing", "full", "Free some space, or choose a directory on another disk with --data DIR."),
            < LowDisk and var low => new Finding("disk", "warning", $"{Sizes.Show(low)} free", "Free some space: at least 1 GB is comfortable."),
            { } free => new Finding("disk", "ok", $"{Sizes.Show(free)} free", null),
        };
    }

    private async Task<Finding> ServerAsync(string data, CancellationToken cancellation)
    {
        var file = ServerFile.Read(data);
        try
        {
            if (await new ServerLocator(program, surroundings).FindAsync(options.Server, data, cancellation).ConfigureAwait(false) is { } server)
            {
                return new Finding("server", "ok", file is { } f && new Uri(f.Url) == server ? string.Create(CultureInfo.InvariantCulture, $"runs at {server}, process {f.Pid}, since {Grid.Time(f.StartedAt)}") : $"named: {server}", null);
            }
        }
        catch (TarnException exception)
        {
            return new Finding("server", "warning", exception.Rule, exception.Remedy);
        }

        return file is null
            ? new Finding("server", "ok", "none runs on this data directory", null)
            : new Finding("server", "ok", string.Create(CultureInfo.InvariantCulture, $"none runs; server.json is left from process {file.Pid}, which ended without removing it"), null);
    }

    private static Finding Port(ConfigurationLayers layers, string data)
    {
        IReadOnlyList<ListenAddress> addresses;
        try
        {
            addresses = ListenAddresses.Parse(layers.Root[TarnOptions.UrlsKey] ?? TarnOptions.DefaultUrls, SecurityPlan.Read(layers.Root.GetSection(SecurityPlan.Section), []).Listening);
        }
        catch (TarnException exception)
        {
            return new Finding("port", "missing", $"{exception.Rule} ({exception.Value})", exception.Remedy);
        }

        foreach (var address in addresses.Where(static a => a.Port != 0))
        {
            try
            {
                using var probe = new TcpListener(address.EndPoint);
                probe.Start();
            }
            catch (SocketException exception)
            {
                return ServerFile.Read(data) is { } own && ServerFile.IsAlive(own.Pid) && new Uri(own.Url).Port == address.Port
                    ? new Finding("port", "ok", $"{address}, this data directory's server listens there", null)
                    : new Finding("port", "warning", $"{address} cannot be listened on: {exception.Message}", "Stop the program that listens there, or choose another port with --urls.");
            }
        }

        return new Finding("port", "ok", $"{string.Join(", ", addresses)} can be listened on", null);
    }

    private async Task<IReadOnlyList<Finding>> ConfigurationAsync(ConfigurationLayers layers, string data, int count, CancellationToken cancellation)
    {
        HostOptionsPlan plan;
        try
        {
            var request = new HostRequest { DataDirectory = "", Command = "doctor", IsServer = false };
            plan = HostOptionsPlan.Read(TarnHost.PlanSystems(program, request, layers.Root), layers);
        }
        catch (TarnException exception)
        {
            return [new Finding("configuration", "missing", exception.Rule.TrimEnd(), exception.Remedy)];
        }

        var good = new Finding("configuration", "ok", string.Create(CultureInfo.InvariantCulture, $"{count} keys set"), null);
        var metadata = await MetadataAsync(plan.Metadata, data, cancellation).ConfigureAwait(false);
        return plan.LakeStore.IsElsewhere ? [good, metadata, await LakeAsync(plan.LakeStore, cancellation).ConfigureAwait(false)] : [good, metadata];
    }

    private static async Task<Finding> MetadataAsync(MetadataStorePlan store, string data, CancellationToken cancellation)
    {
        try
        {
            return new Finding("metadata", "ok", await store.CheckAsync(data, cancellation).ConfigureAwait(false), null);
        }
        catch (TarnException exception)
        {
            return new Finding("metadata", "missing", exception.Value is { } value ? $"{value}: {exception.Rule}" : exception.Rule, exception.Remedy);
        }
    }

    private async Task<Finding> LakeAsync(LakeStorePlan store, CancellationToken cancellation)
    {
        try
        {
            await store.CheckAsync(surroundings.Time, cancellation).ConfigureAwait(false);
            return new Finding("lake", "ok", $"{store.Place}, can be reached", null);
        }
        catch (TarnException exception)
        {
            return new Finding("lake", "missing", $"{store.Place}: {exception.Rule}", exception.Remedy);
        }
    }

    private static IEnumerable<SettingView> Settings(ConfigurationLayers layers) => layers.Root.AsEnumerable()
        .Where(static pair => pair.Value is not null)
        .OrderBy(static pair => pair.Key, StringComparer.OrdinalIgnoreCase)
        .Select(pair => new SettingView(pair.Key, Secrets.Mask(pair.Key, pair.Value!), layers.SourceOf(pair.Key) ?? "unknown"));

    private static async Task<Finding> ToolAsync(string tool, string? least, CancellationToken cancellation)
    {
        var version = await Tools.VersionAsync(tool, cancellation).ConfigureAwait(false);
        return version switch
        {
            null => new Finding(tool, "warning", "not found: needed only to build the console and to fetch native libraries.", "Install Node.js 20 or newer."),
            _ when least is not null && Version.TryParse(version, out var found) && found < Version.Parse(least + ".0") => new Finding(tool, "warning", $"{version}, the console's build needs {least} or newer", "Install Node.js 20 or newer."),
            _ => new Finding(tool, "ok", version, null),
        };
    }
}
