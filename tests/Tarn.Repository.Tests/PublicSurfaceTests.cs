using System.Reflection;
using Xunit;

namespace Tarn.Repository.Tests;

/// <summary>
/// The public surface of each library is a reviewed text file, <c>PublicApi.txt</c> beside its project.
/// A change shows as a difference in review. To accept one: <c>TARN_ACCEPT_API=1 ./tarn test Tarn.Repository.Tests</c>.
/// </summary>
public sealed class PublicSurfaceTests
{
    public static TheoryData<string> Libraries =>
        [.. RepositoryTree.Under("src/", ".csproj").Concat(RepositoryTree.Under("adapters/", ".csproj")).Select(static p => Path.GetFileNameWithoutExtension(p))];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_public_surface_is_the_reviewed_one(string library)
    {
        var folder = RepositoryTree.Under("", $"/{library}.csproj").Select(static p => Path.GetDirectoryName(p)!).Single();
        var path = Path.Combine(RepositoryTree.Root, folder, "PublicApi.txt");
        var actual = PublicSurface.Describe(Assembly.Load(library));
        if (Environment.GetEnvironmentVariable("TARN_ACCEPT_API") == "1")
        {
            File.WriteAllLines(path, actual);
        }

        var reviewed = File.Exists(path) ? File.ReadAllLines(path) : [];
        RepositoryTree.AssertNone(
            actual.Except(reviewed).Select(static l => "+ " + l).Concat(reviewed.Except(actual).Select(static l => "- " + l)),
            $"The public surface of {library} differs from {folder}/PublicApi.txt; review the change, then accept it with TARN_ACCEPT_API=1.");
    }

    [Fact]
    public void An_interface_has_more_than_one_implementation()
    {
        var assemblies = Libraries.Select(static row => Assembly.Load(row.Data)).ToList();
        var types = assemblies.SelectMany(static a => a.GetTypes()).ToList();
        var broken =
            from contract in types
            where contract.IsInterface && !contract.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute))
            let implementations = types.Count(t => t.IsClass && !t.IsAbstract && t.GetInterfaces().Any(i => (i.IsGenericType ? i.GetGenericTypeDefinition() : i) == contract))
            where implementations == 1
            select contract.FullName;
        RepositoryTree.AssertNone(broken, "An interface with one implementation is that implementation.");
    }
}
