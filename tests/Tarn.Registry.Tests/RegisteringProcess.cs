using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Registry.Tests;

/// <summary>Registers versions and promotes every second one, as fast as it can, until it is killed.</summary>
internal static class RegisteringProcess
{
    public const string Verb = "register-until-killed";

    public static async Task<int> RunAsync(string folder)
    {
        await using var store = Open(folder);
        var registry = OpenRegistry(folder, store);
        await registry.OpenAsync();
        Console.WriteLine("open");
        for (var i = 0; ; i++)
        {
            var version = await registry.Models.RegisterAsync(new NewModelVersion
            {
                Model = "pizza",
                Files = [ArtifactSource.FromBytes("model.onnx", new byte[200_000 + i]), ArtifactSource.FromText("signature.json", "{}"), ArtifactSource.FromText("card/card.json", "{}")],
            });
            if (i % 2 == 0)
            {
                await registry.Models.SetAliasAsync("pizza", RegisteredModels.Champion, version.Version, new AliasChange("process"));
            }

            Console.WriteLine($"registered {version.Version}");
        }
    }

    public static MetadataStore Open(string folder) => MetadataStore.Open(Path.Combine(folder, "meta.db"), TimeProvider.System, NullLoggerFactory.Instance);

    public static ModelRegistry OpenRegistry(string folder, MetadataStore store) =>
        new(store, new LocalObjectStore(folder), Path.Combine(folder, "artifacts"), TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
}
