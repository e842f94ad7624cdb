using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>What another's commit in between does to one: each kind against each.</summary>
public sealed class ConflictTests
{
    private static readonly LogState Basis = LogState.Empty.Apply(0, 1,
    [
        TableProtocol.New, new MetadataAction { Id = "i", SchemaString = """{"type":"struct","fields":[]}""" }, File("p=1/a", "1"), File("p=2/b", "2"),
    ]);

    [Theory]
    [InlineData("append", "append", false)]
    [InlineData("append", "rewrite 1", false)]
    [InlineData("append", "metadata", true)]
    [InlineData("append", "protocol", true)]
    [InlineData("rewrite 1", "append 1", true)]
    [InlineData("rewrite 1", "append 2", false)]
    [InlineData("rewrite 1", "rewrite 1", true)]
    [InlineData("rewrite 1", "rewrite 2", false)]
    [InlineData("rewrite all", "rewrite 2", true)]
    [InlineData("rewrite all", "compact 1", false)]
    [InlineData("rewrite 1", "compact 1", true)]
    [InlineData("compact 1", "rewrite 1", true)]
    [InlineData("compact 1", "rewrite 2", false)]
    [InlineData("compact 1", "append 1", false)]
    [InlineData("compact 1", "compact 1", true)]
    [InlineData("delete 1", "append 1", false)]
    [InlineData("delete 1", "rewrite 1", true)]
    [InlineData("txn", "txn", true)]
    [InlineData("domain", "domain", true)]
    public void Commits_conflict_where_one_read_what_the_other_changed(string ours, string theirs, bool conflicts)
    {
        var commit = Plan(theirs);
        var info = new CommitInfoAction { IsBlindAppend = commit.Rule == ConflictRule.BlindAppend };
        DeltaAction[] between = [info, .. commit.Actions, .. commit.Transactions.Select(static t => new TransactionAction(t.AppId, t.Version, null))];
        Assert.Equal(conflicts, new CommitConflict(Plan(ours), Basis).With(between));
    }

    [Fact]
    public void A_serializable_table_takes_no_append_for_later()
    {
        var basis = Basis.Apply(1, 2, [Basis.Metadata! with { Configuration = new Dictionary<string, string> { ["delta.isolationLevel"] = "Serializable" } }]);
        DeltaAction[] append = [new CommitInfoAction { IsBlindAppend = true }, File("p=1/new", "1")];
        Assert.True(new CommitConflict(Plan("delete 1"), basis).With(append));
        Assert.False(new CommitConflict(Plan("delete 1"), Basis).With(append));
        Assert.True(new CommitConflict(Plan("delete 1"), Basis).With([File("p=1/new", "1")]));
    }

    [Fact]
    public void Two_deletions_of_one_file_by_vectors_conflict()
    {
        var vector = new DeletionVectorDescriptor("i", "x", null, 1, 1);
        var file = (AddFile)File("p=1/a", "1");
        var plan = new CommitPlan
        {
            Operation = "DELETE",
            Rule = ConflictRule.ReadAndRewrite,
            Reads = ReadSet.Where(static f => f.Path == "p=1/a"),
            AllowsBlindAppends = true,
            Actions = [new RemoveFile { Path = file.Path }, file with { DeletionVector = vector }],
        };
        Assert.True(new CommitConflict(plan, Basis).With([new RemoveFile { Path = file.Path }, file with { DeletionVector = vector with { PathOrInlineDv = "y" } }]));
        Assert.False(new CommitConflict(plan, Basis).With([new RemoveFile { Path = "p=2/b" }, (AddFile)File("p=2/b", "2") with { DeletionVector = vector }]));
    }

    private static DeltaAction File(string path, string partition) =>
        new AddFile { Path = path, Size = 1, PartitionValues = new Dictionary<string, string?> { ["p"] = partition } };

    private static CommitPlan Plan(string what)
    {
        var partition = what[^1..];
        var old = partition == "1" ? "p=1/a" : "p=2/b";
        var reads = what.EndsWith("all", StringComparison.Ordinal) ? ReadSet.Everything : ReadSet.Where(f => f.PartitionValues["p"] == partition);
        var plan = new CommitPlan { Operation = what, Rule = ConflictRule.ReadAndRewrite, Reads = reads, Actions = [] };
        return what.Split(' ')[0] switch
        {
            "append" => plan with { Rule = ConflictRule.BlindAppend, Actions = [File($"p={partition}/new", partition)] },
            "rewrite" => plan with { Actions = [new RemoveFile { Path = old }, File($"{old}2", partition)] },
            "delete" => plan with { Actions = [new RemoveFile { Path = old }], AllowsBlindAppends = true },
            "compact" => plan with
            {
                Rule = ConflictRule.Compaction,
                Actions = [new RemoveFile { Path = old, DataChange = false }, (AddFile)File($"{old}2", partition) with { DataChange = false }],
            },
            "metadata" => plan with { Actions = [Basis.Metadata!] },
            "protocol" => plan with { Actions = [Basis.Protocol!] },
            "domain" => plan with { Rule = ConflictRule.BlindAppend, Actions = [new DomainMetadataAction("d", "", false)] },
            _ => plan with { Rule = ConflictRule.BlindAppend, Transactions = [new AppTransaction("app", 5)] },
        };
    }
}
