from local.surroundings import leave_the_persons_aws_alone

# Before any AWS client exists: nobody's own profile, proxy or endpoint has a part in the tests.
leave_the_persons_aws_alone()
