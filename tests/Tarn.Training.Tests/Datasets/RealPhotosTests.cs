using Tarn.Contracts;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class RealPhotosTests
{
    [Fact]
    public async Task A_folder_of_real_photos_becomes_a_dataset_with_its_shares()
    {
        var folder = SharedData.Require("pizza");
        await using var fixture = new DatasetFixture();
        var import = await fixture.Dataset().ImportAsync(ImageSource.Folder(folder), null, DatasetFixture.Cancel);
        var report = await fixture.Dataset().ReportAsync(null, DatasetFixture.Cancel);
        var found = report.Findings.GroupBy(static f => f.Check).Select(static g => $"{g.Key} {g.Count()}");
        TestContext.Current.TestOutputHelper!.WriteLine($"{import.Seen} files, {import.Added} images, {report.Groups} groups; {string.Join(", ", found)}; {string.Join("; ", report.Findings.Take(12))}");
        Assert.Equal(import.Seen, import.Added + import.Refused.Count);
        Assert.DoesNotContain(report.Findings, static f => f.Check == ImageCheck.Leaking);
        foreach (var label in report.Classes)
        {
            Assert.InRange(label.Train, (0.7 * label.All) - 3, (0.7 * label.All) + 3);
            Assert.InRange(label.Test, (0.15 * label.All) - 3, (0.15 * label.All) + 3);
        }

        var again = await fixture.Dataset().ImportAsync(ImageSource.Folder(folder), null, DatasetFixture.Cancel);
        Assert.Equal((0, import.Version), (again.Added, again.Version));
    }
}
