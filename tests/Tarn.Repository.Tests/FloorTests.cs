using System.Xml.Linq;
using Xunit;

namespace Tarn.Repository.Tests;

/// <summary>A project may use any project on a lower floor, and none on its own floor or above.</summary>
public sealed class FloorTests
{
    private static readonly Dictionary<string, int> Floors = new(StringComparer.Ordinal)
    {
        ["Tarn.Core"] = 1,
        ["Tarn.Native"] = 2,
        ["Tarn.Lake"] = 3,
        ["Tarn.Log"] = 3,
        ["Tarn.Pipelines"] = 4,
        ["Tarn.Streams"] = 4,
        ["Tarn.Features"] = 4,
        ["Tarn.Registry"] = 4,
        ["Tarn.Training"] = 5,
        ["Tarn.Serving"] = 5,
        ["Tarn.Monitoring"] = 5,
        ["Tarn.Console"] = 6,
        ["Tarn"] = 7,
    };

    [Fact]
    public void Every_project_under_src_has_a_floor()
    {
        RepositoryTree.AssertNone(
            Projects("src/").Where(static p => !Floors.ContainsKey(p.Name)).Select(static p => p.Name),
            "A project under src/ needs a floor in ARCHITECTURE.md and in this test.");
    }

    [Fact]
    public void A_project_uses_only_lower_floors()
    {
        // The composition root names adapters, too: it opens the one that the configuration asks for.
        var adapters = Projects("adapters/").Select(static p => p.Name).ToHashSet();
        var broken =
            from project in Projects("src/")
            from used in project.References
            where project.Name != "Tarn" || !adapters.Contains(used)
            where !Floors.TryGetValue(used, out var below) || below >= Floors[project.Name]
            select $"{project.Name} (floor {Floors[project.Name]}) uses {used}";
        RepositoryTree.AssertNone(broken, "A project uses projects on lower floors only, and Tarn adapters.");
    }

    [Fact]
    public void An_adapter_implements_ports_of_floors_1_to_4_only()
    {
        var broken =
            from project in Projects("adapters/")
            from used in project.References
            where !Floors.TryGetValue(used, out var floor) || floor > 4
            select $"{project.Name} uses {used}";
        RepositoryTree.AssertNone(broken, "An adapter uses projects of floors 1 to 4 only.");
    }

    [Fact]
    public void Only_Gallery_hosts_several_systems()
    {
        var systems = Projects("systems/").Select(static p => p.Name).ToHashSet();
        var broken =
            from project in Projects("systems/")
            where project.Name != "Gallery"
            from used in project.References
            where systems.Contains(used)
            select $"{project.Name} uses {used}";
        RepositoryTree.AssertNone(broken, "A system does not use another system.");
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = RepositoryTree.Read("Tarn.slnx");
        RepositoryTree.AssertNone(
            RepositoryTree.Under("", ".csproj").Where(p => !solution.Contains($"\"{p}\"", StringComparison.Ordinal)),
            "A project is listed in Tarn.slnx.");
    }

    [Fact]
    public void Project_folder_and_namespace_names_agree()
    {
        var broken = new List<string>();
        foreach (var path in RepositoryTree.Under("", ".csproj"))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            var folder = Path.GetDirectoryName(path)!.Replace('\\', '/');
            if (Path.GetFileName(folder) != name)
            {
                broken.Add($"{path}: the folder is not named {name}");
            }

            foreach (var file in RepositoryTree.Under(folder + "/", ".cs"))
            {
                var declared = RepositoryTree.Lines(file).FirstOrDefault(static l => l.StartsWith("namespace ", StringComparison.Ordinal));
                if (declared is not null && declared[10..].TrimEnd(';', ' ') is var actual && actual != name && !actual.StartsWith(name + ".", StringComparison.Ordinal))
                {
                    broken.Add($"{file}: namespace {actual} in project {name}");
                }
            }
        }

        RepositoryTree.AssertNone(broken, "Project names are folder names are namespaces.");
    }

    private static IEnumerable<(string Name, IReadOnlyList<string> References)> Projects(string folder) =>
        from path in RepositoryTree.Under(folder, ".csproj")
        let references = XDocument.Parse(RepositoryTree.Read(path)).Descendants("ProjectReference")
            .Select(static r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')))
        select (Path.GetFileNameWithoutExtension(path), (IReadOnlyList<string>)[.. references]);
}
