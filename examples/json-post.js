// Winning choice of a closed Snapshot vote, asked by a GraphQL query that is posted as JSON.
// args: [proposal id, URL?]   returns: uint256, the choice counted from 1 as Snapshot counts
const [id, url = "https://hub.snapshot.org/graphql"] = args;
const answer = await Functions.makeHttpRequest({
  url,
  method: "POST",
  headers: { "Content-Type": "application/json" },
  data: { query: "query ($id: String!) { proposal(id: $id) { state scores } }", variables: { id } },
});
if (answer.error) throw Error(`snapshot: status ${answer.code ?? "none"}`);
// GraphQL reports its errors with status 200.
if (answer.data?.errors) throw Error("snapshot: the query was refused");

const proposal = answer.data?.data?.proposal;
if (!proposal) throw Error("snapshot: no such proposal");
if (proposal.state !== "closed") throw Error(`snapshot: the vote is ${proposal.state}`);
const best = Math.max(...(proposal.scores ?? []));
const winners = proposal.scores?.filter((score) => score === best);
if (winners?.length !== 1) throw Error("snapshot: no single winner");
return Functions.encodeUint256(proposal.scores.indexOf(best) + 1);
